package disk

import (
	"bytes"
	"io"
)

// others are what is recognised only to say its name in a refusal.
var others = []struct {
	at    int64
	magic string
	what  string
}{
	{0, "QFI\xfb", "a qcow2 image"},
	{0, "KDMV", "a VMDK image"},
	{0, "vhdxfile", "a VHDX image"},
	{0, "conectix", "a VHD image"},
	{0x40, "\x7f\x10\xda\xbe", "a VirtualBox image"},
	{0, "LUKS\xba\xbe", "an encrypted disk (LUKS)"},
	{512, "LABELONE", "an LVM volume"},
	{3, "NTFS    ", "NTFS"},
	{3, "EXFAT   ", "exFAT"},
	{54, "FAT1", "FAT"},
	{82, "FAT32", "FAT"},
	{0x400, "\x10\x20\xf5\xf2", "F2FS"},
	{4086, "SWAPSPACE2", "swap space"},
	{0x8001, "CD001", "ISO 9660"},
}

// Foreign names what lies at offset and cannot be a root, "" if it is nothing
// we know.
func Foreign(r io.ReaderAt, offset int64) string {
	for _, o := range others {
		if have, err := read(r, offset+o.at, len(o.magic)); err == nil && string(have) == o.magic {
			return o.what
		}
	}
	return ""
}

// Look names a disk by its first bytes, as far as there are any; "" if they
// are none. fits says that it is of a kind we take.
func Look(head []byte) (what string, fits bool) {
	r := bytes.NewReader(head)
	if kind, _ := Kind(r, 0); kind != "" {
		article := "a "
		if kind[0] == 'e' || kind[0] == 'x' {
			article = "an "
		}
		return article + kind + " image", true
	}
	if what := Foreign(r, 0); what != "" {
		return what, false
	}
	if b, err := read(r, 0, sector); err == nil && b[510] == 0x55 && b[511] == 0xaa {
		return "a disk image", true
	}
	return "", false
}

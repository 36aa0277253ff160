package tar

import (
	"bytes"
	"strings"
	"time"
)

const blockSize = 512

// A block is one header as it is on tape.
type block []byte

func (b block) name() []byte   { return b[0:100] }
func (b block) mode() []byte   { return b[100:108] }
func (b block) uid() []byte    { return b[108:116] }
func (b block) gid() []byte    { return b[116:124] }
func (b block) size() []byte   { return b[124:136] }
func (b block) mtime() []byte  { return b[136:148] }
func (b block) sum() []byte    { return b[148:156] }
func (b block) flag() byte     { return b[156] }
func (b block) link() []byte   { return b[157:257] }
func (b block) magic() []byte  { return b[257:265] }
func (b block) major() []byte  { return b[329:337] }
func (b block) minor() []byte  { return b[337:345] }
func (b block) prefix() []byte { return b[345:500] }

func (b block) zero() bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// valid compares the checksum, which old programs computed with signed bytes.
func (b block) valid() bool {
	want, err := number(b.sum())
	if err != nil {
		return false
	}
	var sum, high int64
	for _, c := range b {
		sum += int64(c)
		high += int64(c >> 7)
	}
	for _, c := range b.sum() { // counts as blanks
		sum += ' ' - int64(c)
		high -= int64(c >> 7)
	}
	return want == sum || want == sum-high<<8
}

// gnu archives keep other things where ustar keeps the prefix of the name.
func (b block) gnu() bool { return string(b.magic()) == "ustar  \x00" }

func (b block) ustar() bool { return string(b.magic()[:6]) == "ustar\x00" }

// star archives end the prefix early, for two more times.
func (b block) star() bool { return b.ustar() && string(b[508:512]) == "tar\x00" }

// entry takes what the header itself says; pax records come over it later.
func (b block) entry() (*Entry, error) {
	e := &Entry{Name: text(b.name()), Target: text(b.link()), Type: b.flag()}
	if b.ustar() {
		prefix := b.prefix()
		if b.star() {
			prefix = prefix[:131]
		}
		if p := text(prefix); p != "" {
			e.Name = p + "/" + e.Name
		}
	}
	var mode, uid, gid, mtime, major, minor int64
	for _, f := range []struct {
		what string
		dst  *int64
		from []byte
	}{
		{"mode", &mode, b.mode()},
		{"owner", &uid, b.uid()},
		{"group", &gid, b.gid()},
		{"size", &e.Size, b.size()},
		{"time", &mtime, b.mtime()},
	} {
		var err error
		if *f.dst, err = number(f.from); err != nil {
			return nil, broken(e.Name, "%s of the header: %w", f.what, err)
		}
	}
	if e.Type == Char || e.Type == Block {
		var err, err2 error
		major, err = number(b.major())
		minor, err2 = number(b.minor())
		if err != nil || err2 != nil || major < 0 || minor < 0 || major >= 1<<12 || minor >= 1<<20 {
			return nil, broken(e.Name, "device number %d:%d, need at most 4095:1048575", major, minor)
		}
	}
	e.Mode, e.Mtime = uint32(mode)&0o7777, time.Unix(mtime, 0)
	e.Major, e.Minor = uint32(major), uint32(minor)
	return e, e.owner(uid, gid)
}

// owner sets the ids; 2^32-1 means "leave it" to the kernel (chown(2)), so an
// archive that says so would get an owner by accident.
func (e *Entry) owner(uid, gid int64) error {
	for _, id := range []int64{uid, gid} {
		if id < 0 || id >= 1<<32-1 {
			return broken(e.Name, "owner %d:%d, need 0 to 4294967294", uid, gid)
		}
	}
	e.UID, e.GID = uint32(uid), uint32(gid)
	return nil
}

func text(field []byte) string {
	if i := bytes.IndexByte(field, 0); i >= 0 {
		field = field[:i]
	}
	return string(field)
}

// number reads octal digits between blanks, or the base-256 form of GNU and
// star, whose first bit is set and second is the sign.
func number(field []byte) (int64, error) {
	if len(field) > 0 && field[0]&0x80 != 0 {
		return binary(field)
	}
	s := strings.Trim(string(field), " \x00")
	var n int64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '7' || n >= 1<<60 {
			return 0, errNumber(s)
		}
		n = n<<3 | int64(s[i]-'0')
	}
	return n, nil
}

func binary(field []byte) (int64, error) {
	n := int64(field[0] & 0x3f)
	if field[0]&0x40 != 0 {
		n -= 0x40
	}
	for _, c := range field[1:] {
		if n >= 1<<55 || n < -1<<55 {
			return 0, errNumber("base-256")
		}
		n = n<<8 | int64(c)
	}
	return n, nil
}

package criu

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"testing"
)

// ask is a head as CRIU sends it.
func ask(word uint32, n, addr, pid uint64) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(word))
	for _, v := range []uint64{n, addr, pid} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

type pipe struct {
	io.Reader
	io.Writer
}

func TestServePages(t *testing.T) {
	page := uint64(os.Getpagesize())
	var out bytes.Buffer
	in := bytes.NewReader(append(ask(pagesGet, 2, 0x7000, 9), ask(pagesEnd, 0, 0, 0)...))
	err := ServePages(pipe{in, &out}, func(pid, addr, size uint64) ([]byte, error) {
		if pid != 9 || addr != 0x7000 || size != 2*page {
			t.Errorf("asked for %d bytes at %#x of %d", size, addr, pid)
		}
		return bytes.Repeat([]byte{1}, int(size)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := append(ask(pagesAdd|pageThere, 2, 0x7000, 9), bytes.Repeat([]byte{1}, int(2*page))...)
	if want = append(want, 0, 0, 0, 0); !bytes.Equal(out.Bytes(), want) {
		t.Errorf("answered %d bytes, need %d", out.Len(), len(want))
	}
	for name, b := range map[string][]byte{
		"another word": ask(3, 1, 0, 1), "no pages": ask(pagesGet, 0, 0, 1), "too many": ask(pagesGet, mostPages+1, 0, 1), "half a head": ask(pagesGet, 1, 0, 1)[:9],
	} {
		err := ServePages(pipe{bytes.NewReader(b), io.Discard}, func(_, _, _ uint64) ([]byte, error) { return nil, io.ErrUnexpectedEOF })
		if err == nil {
			t.Errorf("%s is answered", name)
		}
	}
}

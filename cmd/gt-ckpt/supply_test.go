package main

import (
	"bytes"
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/wire"
)

// images writes those of one process with so many pages that come later.
func images(t *testing.T, pages int) (dir string, memory []byte) {
	t.Helper()
	dir = t.TempDir()
	head := []byte{1 << 3, 1}                      // the file's number
	entry := []byte{1 << 3, 0x80, 0x20, 4 << 3, 6} // at 0x1000, present and lazy
	entry = binary.AppendUvarint(append(entry, 5<<3), uint64(pages))
	text := make([]byte, 8)
	for _, m := range [][]byte{head, entry} {
		text = append(binary.LittleEndian.AppendUint32(text, uint32(len(m))), m...)
	}
	memory = make([]byte, pages*os.Getpagesize())
	for i := range memory {
		memory[i] = byte(i / os.Getpagesize())
	}
	for name, b := range map[string][]byte{"pagemap-5.img": text, "pages-1.img": memory} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, memory
}

// ends are both of a line.
func ends(t *testing.T) (source, far *wire.Line, cut func()) {
	t.Helper()
	a, b := net.Pipe()
	t.Cleanup(func() { _ = a.Close() })
	return wire.New(a, a), wire.New(b, b), func() { _ = b.Close() }
}

func TestSupply(t *testing.T) {
	const pages = 1000
	dir, memory := images(t, pages)
	there, _ := images(t, pages)
	if err := os.WriteFile(filepath.Join(there, "pages-1.img"), make([]byte, len(memory)), 0o600); err != nil {
		t.Fatal(err)
	}
	source, far, _ := ends(t)
	s, err := newSupply(source, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	f, err := newFetch(far, there)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	said := make(chan error, 1)
	go func() { said <- takes(t, f, far, memory) }()
	if err := s.until(wire.Ready, time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := s.begin(); err != nil {
		t.Fatal(err)
	}
	if err := s.until(wire.Done, time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := s.run(time.Minute, func() {}); err != nil {
		t.Fatal(err)
	}
	if err := <-said; err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(there, "pages-1.img")); err != nil || !bytes.Equal(got, memory) {
		t.Errorf("memory there is another: %v", err)
	}
}

// takes is a far side on which CRIU touches the end of the memory before go.
func takes(t *testing.T, f *fetch, far *wire.Line, memory []byte) error {
	page := uint64(os.Getpagesize())
	at := 0x1000 + uint64(len(memory)) - page
	b, err := f.get(5, at, page)
	if err != nil {
		return err
	}
	if !bytes.Equal(b, memory[len(memory)-len(b):]) {
		t.Error("have other memory than was asked for")
	}
	if _, err := f.get(6, at, page); err == nil {
		t.Error("have memory of a process that is not there")
	}
	for _, step := range []func() error{
		func() error { return far.Say(wire.Ready, "") },
		func() error { return f.hold(time.Minute) },
		func() error { return far.Say(wire.Done, "") },
		func() error { return f.rest(time.Minute) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return far.Say(wire.Whole, "")
}

// A far side that ends is heard of, and one that wants what is not there.
func TestSupplyLost(t *testing.T) {
	dir, _ := images(t, 1)
	source, far, cut := ends(t)
	s, err := newSupply(source, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	go func() { _ = far.Say(wire.Want, "7 0") }()
	if err := s.until(wire.Ready, time.Minute); err == nil {
		t.Error("memory of file 7 is sent")
	}
	cut()
	if err := s.until(wire.Ready, time.Minute); err == nil {
		t.Error("the end of the far side is none")
	}
}

// A source that sends what cannot be, or ends early, is refused.
func FuzzFetch(f *testing.F) {
	f.Add(head(goes, 0))
	f.Add(append(head(partID{0, 0}, 4), 1, 2, 3, 4))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir, memory := images(t, 2)
		var text bytes.Buffer
		out := wire.New(nil, &text).Frames()
		if _, err := out.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		in, err := newFetch(wire.New(&text, &text), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer in.close()
		err = in.rest(time.Minute)
		info, serr := os.Stat(filepath.Join(dir, "pages-1.img"))
		if serr != nil || info.Size() != int64(len(memory)) || err == nil && text.Len() > 0 {
			t.Errorf("have %d bytes of pages (%v), and %v with %d bytes left", info.Size(), serr, err, text.Len())
		}
	})
}

package image

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// What a restore needs at once is there after Thin and Swell, in its place, and
// the rest is a hole.
func TestThinSwell(t *testing.T) {
	dir := t.TempDir()
	images := filepath.Join(dir, ImagesDir)
	if err := os.Mkdir(images, 0o700); err != nil {
		t.Fatal(err)
	}
	page := uint64(os.Getpagesize())
	entries := [][]byte{message(7)}
	var whole, want []byte
	for i, lazy := range []bool{false, true, true, false, true} {
		flags := uint64(pagePresent)
		if lazy {
			flags |= lazyPage
		}
		// Field 5 is the number of pages.
		entries = append(entries, message(uint64(0x10000*(i+1)), 0, 0, flags, uint64(i+1)))
		b := bytes.Repeat([]byte{byte('a' + i)}, int(page)*(i+1))
		whole = append(whole, b...)
		if lazy {
			clear(b)
		}
		want = append(want, b...)
	}
	path := filepath.Join(images, "pages-7.img")
	for name, b := range map[string][]byte{path: whole, filepath.Join(images, "pagemap-12.img"): files(entries...)} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	later, eager, err := Thin(dir)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(later) != "map[checkpoint/pages-7.img:true]" || len(eager) != 1 || eager[0].Name != "checkpoint/eager-7.img" || eager[0].Size != int64(5*page) {
		t.Errorf("have later %v, eager %v", later, eager)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := Swell(images); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("pages are not where they were")
	}
	if _, err := os.Stat(filepath.Join(images, "eager-7.img")); !os.IsNotExist(err) {
		t.Errorf("left behind: eager-7.img: %v", err)
	}
	if Swell(images) == nil {
		t.Error("images without their pages are taken")
	}
	finds(t, images, page)
}

// finds looks for what those images have.
func finds(t *testing.T, images string, page uint64) {
	t.Helper()
	list, err := Memories(images)
	if err != nil || len(list) != 1 {
		t.Fatalf("have %d memories: %v", len(list), err)
	}
	if at, ok := list[0].Find(0x40000+page, 2*page); !ok || at != 7*page || list[0].Pid != 12 || list[0].Parts(4*page) != 4 {
		t.Errorf("found %d, %t of process %d in %d parts", at, ok, list[0].Pid, list[0].Parts(4*page))
	}
	for _, addr := range []uint64{0x40000 + 4*page, 0x40000 + 3*page, 0} {
		if _, ok := list[0].Find(addr, 2*page); ok {
			t.Errorf("found what is not there, at %#x", addr)
		}
	}
}

func FuzzMemory(f *testing.F) {
	f.Add(files(message(1), message(0x1000, 0, 0, pagePresent|lazyPage, 3)))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "pagemap-1.img")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := memoryOf(path)
		if err != nil {
			return
		}
		for _, p := range m.Pieces {
			if p.Offset+p.Size > m.size {
				t.Errorf("piece %v is outside of %d bytes", p, m.size)
			}
		}
	})
}

package image

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"golang.org/x/sys/unix"
)

const mib = 1 << 20

type testArea struct {
	span
	flags uint64
}

const private = unix.MAP_PRIVATE | unix.MAP_ANONYMOUS

// space is an mm image with areas of private memory.
func space(list ...testArea) []byte {
	m := message(1, 2, 3)
	for _, a := range list {
		area := message(a.start, a.end, 0, 0, unix.PROT_READ|unix.PROT_WRITE, a.flags, areaPrivate)
		m = append(binary.AppendUvarint(append(m, fieldArea<<3|2), uint64(len(area))), area...)
	}
	return files(m)
}

// pagemap is one with pages of 4096 bytes from each start to its end.
func pagemap(list ...span) []byte {
	entries := [][]byte{message(1)}
	for _, s := range list {
		n := (s.end - s.start) / uint64(os.Getpagesize())
		entries = append(entries, message(s.start, n, 0, pagePresent))
	}
	return files(entries...)
}

// read returns the areas of an mm image in order.
func read(t *testing.T, b []byte) (list []testArea) {
	t.Helper()
	err := messages(b, func(m []byte) error {
		return fields(m, func(number int, f field, _ []byte) {
			if number != fieldArea {
				return
			}
			a, err := parse(f.bytes)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, testArea{span{a[fieldStart].n, a[fieldEnd].n}, a[fieldMap].n})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestPopulate(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	forked := testArea{span{200 * mib, 210 * mib}, private}
	write("mm-1.img", space(
		testArea{span{mib, 2 * mib}, private},                        // small
		testArea{span{10 * mib, 20 * mib}, private},                  // in part
		testArea{span{20 * mib, 30 * mib}, private},                  // whole
		testArea{span{40 * mib, 50 * mib}, unix.MAP_SHARED},          // no private memory
		testArea{span{50 * mib, 60 * mib}, private | unix.MAP_STACK}, // not ordinary
		forked))
	write("pagemap-1.img", pagemap(
		span{mib, 2 * mib}, span{12 * mib, 15 * mib}, span{15 * mib, 16 * mib}, span{17 * mib, 18 * mib},
		span{20 * mib, 30 * mib}, span{40 * mib, 60 * mib}, forked.span))
	write("mm-2.img", space(forked))
	write("pagemap-2.img", pagemap(forked.span))
	write("mm-3.img", space(testArea{span{mib, 100 * mib}, private})) // without pages
	got, err := Populate(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 {
		t.Fatalf("changed %d images, need 1", len(got))
	}
	const full = private | unix.MAP_POPULATE
	want := []testArea{
		{span{mib, 2 * mib}, private},
		{span{10 * mib, 12 * mib}, private},
		{span{12 * mib, 16 * mib}, full},
		{span{16 * mib, 20 * mib}, private},
		{span{20 * mib, 30 * mib}, full},
		{span{40 * mib, 50 * mib}, unix.MAP_SHARED},
		{span{50 * mib, 60 * mib}, private | unix.MAP_STACK},
		forked,
	}
	if have := read(t, got["mm-1.img"]); !reflect.DeepEqual(have, want) {
		t.Errorf("have %v\nneed %v", have, want)
	}
	write("pagemap-1.img", pagemap(forked.span)[:20])
	if _, err := Populate(dir); err == nil {
		t.Error("a cut image is taken")
	}
}

func FuzzPopulate(f *testing.F) {
	f.Add(space(testArea{span{0, 4 * mib}, private}), uint64(0), uint64(3*mib))
	f.Fuzz(func(t *testing.T, b []byte, from, to uint64) {
		before := bytes.Clone(b)
		out, did, err := populate(b, []span{{from, to}}, nil)
		if !bytes.Equal(b, before) {
			t.Fatal("changed its input")
		}
		if err != nil || !did {
			return
		}
		// What is cut is as large as it was.
		size := func(b []byte) (n uint64) {
			for _, a := range read(t, b) {
				n += a.end - a.start
			}
			return n
		}
		if size(out) != size(b) {
			t.Errorf("have %d bytes of areas, need %d", size(out), size(b))
		}
	})
}

package image

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// message writes fields 1, 2 and so on as varints.
func message(values ...uint64) []byte {
	var b []byte
	for i, v := range values {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(i+1)<<3), v)
	}
	return b
}

func files(entries ...[]byte) []byte {
	b := make([]byte, imageHead)
	for _, e := range entries {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(e))), e...)
	}
	return b
}

// timer is a file_entry with a timerfd_entry that has so much time left and
// such a period.
func timer(left, period uint64) []byte {
	t := message(300, 2, 0, 1, 4, 0, 0, left, 0, period)
	b := append(message(17, 300), fieldTimer<<3|2, byte(len(t)))
	return append(b, t...)
}

func TestWindTimers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "files.img")
	write := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(files(message(1, 2), timer(0, 10_000_000), timer(0, 0), timer(5_000_000, 10_000_000)))
	if err := WindTimers(dir); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := files(message(1, 2), timer(1, 10_000_000), timer(0, 0), timer(5_000_000, 10_000_000))
	if !bytes.Equal(got, want) {
		t.Errorf("have %x\nneed %x", got, want)
	}
	write(want[:len(want)-3])
	if WindTimers(dir) == nil {
		t.Error("a cut image is taken")
	}
}

func FuzzWind(f *testing.F) {
	f.Add(timer(0, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		if did, err := wind(b); (!did || err != nil) && !bytes.Equal(b, before) {
			t.Error("changed what it says that it did not")
		}
	})
}

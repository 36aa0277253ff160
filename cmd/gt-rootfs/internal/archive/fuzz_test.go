package archive

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"testing"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// FuzzOpen reads whatever comes as whatever it looks like: it ends, with no
// more than the bytes that were asked for, and a refusal has a code.
func FuzzOpen(f *testing.F) {
	plain := []byte("a small archive, a small archive, a small archive")
	for _, name := range []string{"gzip", "zstd", "xz", "bzip2", "lz4"} {
		cmd := exec.Command(name, "-c")
		cmd.Stdin = bytes.NewReader(plain)
		if z, err := cmd.Output(); err == nil {
			f.Add(z)
			f.Add(append(z, z...))
		}
	}
	f.Add(plain)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Open(t.Context(), bytes.NewReader(data))
		if err != nil {
			if fail.Details(err).Code == "" {
				t.Errorf("no code: %v", err)
			}
			return
		}
		defer s.Close()
		for total := 0; total < 8<<20; {
			b, err := s.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				if fail.Details(err).Code == "" {
					t.Errorf("no code: %v", err)
				}
				return
			}
			total += len(b)
		}
	})
}

package archive

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// TestOtherCompressions reads what the programs of these names write, and
// refuses it cut off or changed.
func TestOtherCompressions(t *testing.T) {
	plain := tarball(t, 600<<10)
	for _, args := range [][]string{{"xz", "-T1"}, {"xz", "-9"}, {"bzip2"}, {"lz4"}} {
		t.Run(strings.Join(args, ""), func(t *testing.T) {
			program, err := exec.LookPath(args[0])
			if err != nil {
				t.Skip("no " + args[0])
			}
			c := exec.Command(program, append(args[1:], "-c")...)
			c.Stdin = bytes.NewReader(plain)
			packed, err := c.Output()
			if err != nil {
				t.Fatal(err)
			}
			have, err := all(t.Context(), bytes.NewReader(packed))
			if err != nil || !bytes.Equal(have, plain) {
				t.Fatalf("%d bytes, %v, need %d", len(have), err, len(plain))
			}
			two, err := all(t.Context(), bytes.NewReader(append(bytes.Clone(packed), packed...)))
			if err != nil || len(two) != 2*len(plain) {
				t.Errorf("two streams in a row: %d bytes, %v", len(two), err)
			}
			if _, err := all(t.Context(), bytes.NewReader(packed[:len(packed)-9])); err == nil || fail.Details(err).Code != fail.CodeInput {
				t.Errorf("cut off: %v", err)
			}
			// Too early for a header to be seen, it is not taken for something else.
			for n := 40; n < len(packed); n += 20 {
				s, err := Open(t.Context(), bytes.NewReader(packed[:n]))
				if err == nil {
					err = s.Look()
					s.Close()
				}
				if err != nil && strings.Contains(err.Error(), "unknown") {
					t.Fatalf("cut off after %d bytes: %v", n, err)
				}
			}
			bad := bytes.Clone(packed)
			bad[len(bad)/2] ^= 0x40
			if _, err := all(t.Context(), bytes.NewReader(bad)); err == nil || fail.Details(err).Code != fail.CodeInput {
				t.Errorf("one bit changed: %v", err)
			}
		})
	}
}

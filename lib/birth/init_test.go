package birth

import (
	"bytes"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSealed: the copy is whole, or there is none: a limit for files counts for
// memory, too, and cuts a write.
func TestSealed(t *testing.T) {
	name := t.TempDir() + "/gt-init"
	text := bytes.Repeat([]byte("gt-init\n"), 8<<10)
	if err := os.WriteFile(name, text, 0o755); err != nil {
		t.Fatal(err)
	}
	fd, err := sealed(name)
	if err != nil {
		t.Fatal(err)
	}
	have := make([]byte, len(text)+1)
	if n, err := unix.Pread(fd, have, 0); err != nil || !bytes.Equal(have[:n], text) {
		t.Errorf("have %d bytes, %v", n, err)
	}
	_ = unix.Close(fd)
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: uint64(len(text) / 2), Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	fd, err = sealed(name)
	if rerr := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); rerr != nil {
		t.Fatal(rerr)
	}
	if err == nil {
		_ = unix.Close(fd)
		t.Error("half of gt-init was sealed, need an error")
	} else if want := "copy " + name + " to memory: file too large (RLIMIT_FSIZE is 32768)"; err.Error() != want {
		t.Errorf("have %v, need %s", err, want)
	}
}

package tty_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/tty"
)

func TestSendReceive(t *testing.T) {
	deep := filepath.Join(t.TempDir(), strings.Repeat("d", 100), strings.Repeat("e", 100))
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"short": filepath.Join(t.TempDir(), "s"),
		"long":  filepath.Join(deep, "console.sock"),
	} {
		t.Run(name, func(t *testing.T) {
			l, err := tty.Listen(path)
			if err != nil {
				t.Fatal(err)
			}
			if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v, need 0600", fi.Mode(), err)
			}
			master, slave := openPTY(t)
			sent := make(chan error, 1)
			go func() { sent <- tty.Send(path, master) }()
			got, err := l.Receive()
			if err != nil {
				t.Fatal(err)
			}
			defer got.Close()
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
			if got.Name() != "/dev/ptmx" {
				t.Errorf("name %q, need /dev/ptmx", got.Name())
			}
			if fl, err := unix.FcntlInt(got.Fd(), unix.F_GETFD, 0); err != nil || fl&unix.FD_CLOEXEC == 0 {
				t.Errorf("descriptor flags %x, %v, need close-on-exec", fl, err)
			}
			if _, err := slave.WriteString("x"); err != nil {
				t.Fatal(err)
			}
			until(t, got, "x")
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			if _, err := os.Lstat(path); !os.IsNotExist(err) {
				t.Errorf("socket is left: %v", err)
			}
		})
	}
}

func TestSendRefused(t *testing.T) {
	master, _ := openPTY(t)
	path := filepath.Join(t.TempDir(), "none")
	err := tty.Send(path, master)
	if want := "connect console socket " + path + ": no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("have %v, need %s", err, want)
	}
	if err := tty.Send("@gt", master); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("abstract name: have %v, need a file's error", err)
	}
	if err := tty.Send("", master); err == nil {
		t.Error("empty path: have no error")
	}
}

func TestReceiveRefusesWhatIsNoTerminal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := tty.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	null, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	sent := make(chan error, 1)
	go func() { sent <- tty.Send(path, null) }()
	if f, err := l.Receive(); err == nil {
		t.Errorf("have %s, need a refusal", f.Name())
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if _, err := tty.Listen(path); err == nil {
		t.Error("taken path: have no error")
	}
}

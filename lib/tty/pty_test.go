package tty_test

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openPTY makes a real terminal whose two ends the test owns.
func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	m, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("need /dev/ptmx: %v", err)
	}
	master = os.NewFile(uintptr(m), "/dev/ptmx")
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(m, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	s, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(m), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		t.Fatal(errno)
	}
	slave = os.NewFile(s, "slave")
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

func flags(t *testing.T, f *os.File) unix.Termios {
	t.Helper()
	got, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *got
}

// until reads f until want has come or a minute has passed.
func until(t *testing.T, f *os.File, want string) {
	t.Helper()
	var got []byte
	buf := make([]byte, 4096)
	deadline := time.Now().Add(time.Minute)
	for string(got) != want {
		set := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
		left := time.Until(deadline).Milliseconds()
		if left <= 0 {
			t.Fatalf("have %q, need %q", got, want)
		}
		if _, err := unix.Poll(set, int(left)); err == unix.EINTR || set[0].Revents == 0 {
			continue
		}
		n, err := f.Read(buf)
		if err != nil {
			t.Fatalf("have %q, then %v, need %q", got, err, want)
		}
		got = append(got, buf[:n]...)
		if len(got) > len(want) {
			t.Fatalf("have %q, need %q", got, want)
		}
	}
}

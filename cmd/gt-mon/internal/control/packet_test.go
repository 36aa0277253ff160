package control

import (
	"testing"

	"golang.org/x/sys/unix"
)

// A monitor that goes says so at last, also if it has not read all that it was
// sent, such as the end of stdin of a container that ended before.
func TestReadLast(t *testing.T) {
	for _, unread := range []bool{false, true} {
		p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		if unread {
			if _, err := unix.Write(p[0], []byte{CloseIn}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := unix.Write(p[1], []byte{Exit, '7'}); err != nil {
			t.Fatal(err)
		}
		_ = unix.Close(p[1])
		buf := make([]byte, MaxPacket)
		if n, err := Read(p[0], buf); err != nil || string(buf[:max(n, 0)]) != string([]byte{Exit, '7'}) {
			t.Errorf("unread %t: have %q, %v", unread, buf[:max(n, 0)], err)
		}
		if n, err := Read(p[0], buf); err != nil || n != 0 {
			t.Errorf("unread %t: have %d bytes, %v, need the end", unread, n, err)
		}
		_ = unix.Close(p[0])
	}
}

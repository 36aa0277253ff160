package logs

import (
	"encoding/binary"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// A journal is systemd's log, spoken to in its native protocol
// (systemd.io/JOURNAL_NATIVE_PROTOCOL).
type journal struct {
	fd      int
	to      *unix.SockaddrUnix
	id, tag string
	scratch []byte
}

func openJournal(s *settings.Settings) (*journal, error) {
	path := os.Getenv("GT_JOURNAL_SOCKET")
	if path == "" {
		path = "/run/systemd/journal/socket"
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fail.New(fail.CodeHost, "log driver journald: have no journal, need %s", path)
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	tag := s.Log.Tag
	if tag == "" {
		tag = s.ID
	}
	return &journal{fd: fd, to: &unix.SockaddrUnix{Name: path}, id: s.ID, tag: tag}, nil
}

func (j *journal) put(l *line) error {
	priority := "6"
	if l.stream == Stderr {
		priority = "3"
	}
	b := field(j.scratch[:0], "MESSAGE", l.text)
	b = field(b, "PRIORITY", []byte(priority))
	b = field(b, "SYSLOG_IDENTIFIER", []byte(j.tag))
	b = field(b, "CONTAINER_ID", []byte(j.id))
	b = field(b, "CONTAINER_NAME", []byte(j.id))
	b = field(b, "CONTAINER_STREAM", []byte(l.stream))
	b = field(b, "CONTAINER_TIMESTAMP", []byte(l.at.UTC().Format(time.RFC3339Nano)))
	if !l.whole {
		b = field(b, "CONTAINER_PARTIAL_MESSAGE", []byte("true"))
	}
	j.scratch = b
	return unix.Sendto(j.fd, b, unix.MSG_NOSIGNAL, j.to)
}

// field is NAME, a line's end, the length, the value, a line's end: the form
// that any value fits.
func field(b []byte, name string, value []byte) []byte {
	b = append(append(b, name...), '\n')
	b = binary.LittleEndian.AppendUint64(b, uint64(len(value)))
	return append(append(b, value...), '\n')
}

func (j *journal) close() error { return unix.Close(j.fd) }

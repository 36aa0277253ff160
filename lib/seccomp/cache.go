package seccomp

import (
	"bytes"
	"encoding/hex"
	"errors"
	"hash/fnv"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A cache file is the key, the filter, and a checksum of both: against a disk's
// faults, not against people, whom the directory's mode keeps out.
const (
	maxFilter = unix.BPF_MAXINSNS * 8
	checksum  = 8
)

func sumOf(b []byte) []byte {
	h := fnv.New64a()
	_, _ = h.Write(b) // never fails
	return h.Sum(nil)
}

func wellFormed(filter []byte) bool {
	return len(filter) > 0 && len(filter)%8 == 0 && len(filter) <= maxFilter
}

type cache struct {
	path string
	dir  int // descriptor
}

// openCache makes the directory if need be. A directory that others may write
// to could hold anybody's filter.
func openCache(path string) (*cache, error) {
	const how = unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC | unix.O_RDONLY
	fd, err := unix.Open(path, how, 0)
	if errors.Is(err, unix.ENOENT) {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, err
		}
		fd, err = unix.Open(path, how, 0)
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("fstat", err)
	}
	if uid := unix.Geteuid(); st.Uid != uint32(uid) || st.Mode&0o077 != 0 {
		unix.Close(fd)
		e := fail.New(fail.CodeUnsafe, "owner is %d and mode %04o, need owner %d and mode 0700", st.Uid, st.Mode&0o7777, uid)
		e.Path = path
		return nil, e
	}
	return &cache{path: path, dir: fd}, nil
}

func (c *cache) close() { unix.Close(c.dir) }

// nameOf finds the file of a key. Two keys with one name put each other out.
func nameOf(key []byte) string { return hex.EncodeToString(sumOf(key)) }

// load returns nil if there is no such filter, or if the file is not exactly
// what store makes: then store puts a good one in its place.
func (c *cache) load(key []byte) []byte {
	fd, err := unix.Openat(c.dir, nameOf(key), unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode != unix.S_IFREG|0o600 ||
		st.Uid != uint32(unix.Geteuid()) || st.Nlink != 1 || st.Size > int64(len(key)+maxFilter+checksum) {
		return nil
	}
	b, err := readAll(fd, int(st.Size))
	if err != nil || len(b) < len(key)+checksum || !bytes.HasPrefix(b, key) {
		return nil
	}
	body := b[:len(b)-checksum]
	filter := body[len(key):]
	if !wellFormed(filter) || !bytes.Equal(sumOf(body), b[len(body):]) {
		return nil
	}
	return filter
}

// store appears at once or not at all; of two that store the same the later
// wins, with the same bytes.
func (c *cache) store(key, filter []byte) error {
	b := slices.Concat(key, filter)
	b = append(b, sumOf(b)...)
	temp, err := c.writeTemp(b)
	if err != nil {
		return &os.PathError{Op: "write filter to", Path: c.path, Err: err}
	}
	if err := unix.Renameat(c.dir, temp, c.dir, nameOf(key)); err != nil {
		unix.Unlinkat(c.dir, temp, 0)
		return &os.PathError{Op: "rename filter in", Path: c.path, Err: err}
	}
	return c.prune()
}

// writeTemp returns the name of a new file with the bytes b.
func (c *cache) writeTemp(b []byte) (string, error) {
	var fd int
	var name string
	for n := 0; ; n++ {
		name = "new." + strconv.Itoa(os.Getpid()) + "." + strconv.Itoa(n)
		var err error
		fd, err = unix.Openat(c.dir, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EEXIST) || n == keep {
			return "", err
		}
	}
	defer unix.Close(fd)
	err := unix.Fchmod(fd, 0o600) // whatever the umask
	if err == nil {
		err = writeAll(fd, b)
	}
	if err != nil {
		unix.Unlinkat(c.dir, name, 0)
		return "", err
	}
	return name, nil
}

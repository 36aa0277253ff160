// Package trust decides whether a file may be a plugin. It looks at one opened
// descriptor, and what it returns are the bytes that it looked at: nobody can
// put another file in their place afterwards.
package trust

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// MaxSize bounds a plugin's file, in bytes.
const MaxSize = 256 << 20

// The policies.
const (
	Off    = "off"    // any file in an allowed directory
	Pinned = "pinned" // owner, mode and directories are checked, the hash is kept
	Signed = "signed" // and a trusted key has signed it
)

// A File is an opened plugin.
type File struct {
	Name, Path string
	Native     bool // NAME.so
	SHA256     string
	SignedBy   string
	Bytes      []byte
}

// Find looks for a plugin in the directories, the first that has it wins.
func Find(name string, dirs []string, policy string) (*File, error) {
	for _, dir := range dirs {
		for _, base := range []string{name, name + ".so"} {
			f, err := open(dir, base, policy)
			if err == unix.ENOENT {
				continue
			}
			if err != nil {
				return nil, &fail.Error{Path: filepath.Join(dir, base), Cause: err}
			}
			f.Name = name
			return f, nil
		}
	}
	return nil, fail.New(fail.CodeNoSuch, "plugin %s is in none of %s", name, strings.Join(dirs, ", "))
}

// open reads DIR/BASE. The directory is opened with its own symlinks, which
// only those whom the check trusts can have made; below it openat2 follows
// none.
func open(dir, base, policy string) (*File, error) {
	if !filepath.IsAbs(dir) {
		return nil, fail.New(fail.CodeUnsafe, "plugin directory %q is relative, need an absolute path", dir)
	}
	if policy != Off {
		if err := checkPath(dir); err != nil {
			return nil, err
		}
	}
	d, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(d)
	fd, err := beneath(d, base)
	if err != nil {
		return nil, err
	}
	in := os.NewFile(uintptr(fd), base)
	defer in.Close()
	if err := checkFile(fd, policy); err != nil {
		return nil, err
	}
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(base, ".so") && info.Mode()&0o111 == 0 {
		return nil, fail.New(fail.CodeInput, "has mode %04o: is not executable", info.Mode().Perm())
	}
	b, err := io.ReadAll(io.LimitReader(in, MaxSize+1))
	if err != nil {
		return nil, err
	}
	if len(b) > MaxSize {
		return nil, fail.New(fail.CodeLimit, "has more than %d bytes", MaxSize)
	}
	sum := sha256.Sum256(b)
	f := &File{Path: filepath.Join(dir, base), Native: strings.HasSuffix(base, ".so"), SHA256: hex.EncodeToString(sum[:]), Bytes: b}
	if f.Native && !bytes.HasPrefix(b, []byte("\x7fELF")) {
		return nil, fail.New(fail.CodeInput, "is no shared object, need one of go build -buildmode=plugin")
	}
	return f, nil
}

func beneath(dir int, base string) (int, error) {
	how := unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV,
	}
	fd, err := unix.Openat2(dir, base, &how)
	if err == unix.ELOOP {
		return -1, fail.New(fail.CodeUnsafe, "is a symlink, need a file in the directory itself")
	}
	return fd, err
}

func checkFile(fd int, policy string) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return fail.New(fail.CodeUnsafe, "is no regular file")
	case policy == Off:
		return nil
	case st.Mode&(unix.S_ISUID|unix.S_ISGID) != 0:
		return fail.New(fail.CodeUnsafe, "is setuid or setgid")
	case st.Nlink > 1:
		return fail.New(fail.CodeUnsafe, "has %d names (hard links), need one", st.Nlink)
	}
	return checkOwner(&st)
}

// checkOwner: the owner is root or the caller, and nobody else can write.
func checkOwner(st *unix.Stat_t) error {
	if st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return fail.New(fail.CodeUnsafe, "belongs to user %d, need root or user %d", st.Uid, os.Geteuid())
	}
	if st.Mode&0o022 != 0 {
		return fail.New(fail.CodeUnsafe, "has mode %04o: others than its owner can write it", st.Mode&0o7777)
	}
	return nil
}

// checkPath walks from / to dir. A directory that everybody can write, such as
// /tmp, is bearable only with the sticky bit.
func checkPath(dir string) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return unwrap(err)
	}
	for at := real; ; at = filepath.Dir(at) {
		var st unix.Stat_t
		if err := unix.Lstat(at, &st); err != nil {
			return err
		}
		if at != real && st.Mode&unix.S_ISVTX != 0 && st.Uid == 0 {
			st.Mode &^= 0o022
		}
		if err := checkOwner(&st); err != nil {
			return &fail.Error{Path: at, Cause: err}
		}
		if at == "/" {
			return nil
		}
	}
}

func unwrap(err error) error {
	if os.IsNotExist(err) {
		return unix.ENOENT
	}
	return err
}

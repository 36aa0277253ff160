package image

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/path"
)

// Files is the directory of an image. Names are resolved by the kernel inside
// of it; symlinks, with which docker save names a layer twice, stay inside.
type Files struct{ root int }

// OpenFiles opens a directory.
func OpenFiles(dir string) (*Files, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	return &Files{fd}, nil
}

// Close gives the directory back.
func (f *Files) Close() { _ = unix.Close(f.root) }

// open opens a regular file; nothing else is ever waited for.
func (f *Files) open(name string) (*os.File, error) {
	fd, err := path.Open(f.root, name, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	file := os.NewFile(uintptr(fd), name)
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fail.New(fail.CodeInput, "%s is no regular file", name)
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// Open reads the layer as it is stored; its blob's digest is compared at the
// end.
func (l *Layer) Open() (io.ReadCloser, error) {
	f, err := l.from.open(l.name)
	if err != nil || l.Blob == "" {
		return f, err
	}
	v, err := verify(f, l.Blob, l.Size)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{v, f}, nil
}

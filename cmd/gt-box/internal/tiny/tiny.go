// Package tiny writes the root filesystem called tiny: this program, a link to
// it for every applet, and the few files that programs expect in /etc.
package tiny

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
)

//go:embed all:root
var skeleton embed.FS

// A Plan says what goes into the root beside the skeleton.
type Plan struct {
	Program io.Reader // the gt-box to copy; not closed
	Applets []string  // names to link
}

var dirs = []struct {
	path     string
	mode     os.FileMode
	uid, gid int
}{
	{"bin", 0o755, 0, 0},
	{"dev", 0o755, 0, 0},
	{"etc", 0o755, 0, 0},
	{"home", 0o755, 0, 0},
	{"home/user", 0o755, 1000, 1000},
	{"mnt", 0o755, 0, 0},
	{"proc", 0o555, 0, 0},
	{"root", 0o700, 0, 0},
	{"run", 0o755, 0, 0},
	{"sys", 0o555, 0, 0},
	{"tmp", 0o777 | os.ModeSticky, 0, 0},
	{"usr", 0o755, 0, 0},
	{"usr/bin", 0o755, 0, 0},
	{"var", 0o755, 0, 0},
	{"var/tmp", 0o777 | os.ModeSticky, 0, 0},
}

// Install writes the root into dir, which is made if it is missing and has to
// be empty. If anything goes wrong, nothing of it stays. Without the right to
// change owners, everything belongs to the caller.
//
// Every path is opened below dir (os.Root): a link that somebody puts there
// meanwhile cannot lead out of it.
func Install(dir string, p Plan) (err error) {
	made, err := prepare(dir)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, empty(root))
		}
		err = errors.Join(err, root.Close())
		if err != nil && made {
			err = errors.Join(err, os.Remove(dir))
		}
	}()
	return write(root, p)
}

// prepare makes dir or checks that it is an empty directory.
func prepare(dir string) (made bool, err error) {
	err = os.Mkdir(dir, 0o755)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return false, err
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	if len(list) > 0 {
		return false, fmt.Errorf("%s has %d entries, need an empty or a new directory", dir, len(list))
	}
	return false, nil
}

func write(root *os.Root, p Plan) error {
	for _, d := range dirs {
		if err := root.Mkdir(d.path, 0o700); err != nil {
			return err
		}
		// The owner first: changing it takes bits of the mode away.
		if err := own(root, d.path, d.uid, d.gid); err != nil {
			return err
		}
		if err := root.Chmod(d.path, d.mode); err != nil {
			return err
		}
	}
	if err := copySkeleton(root); err != nil {
		return err
	}
	if err := create(root, "bin/gt-box", p.Program, 0o755); err != nil {
		return err
	}
	for _, name := range p.Applets {
		if err := link(root, "gt-box", "bin/"+name); err != nil {
			return err
		}
	}
	return link(root, "../../bin/gt-box", "usr/bin/env")
}

func copySkeleton(root *os.Root) error {
	return fs.WalkDir(skeleton, "root", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := skeleton.ReadFile(name)
		if err != nil {
			return err
		}
		return create(root, strings.TrimPrefix(name, "root/"), strings.NewReader(string(data)), 0o644)
	})
}

func create(root *os.Root, name string, from io.Reader, mode os.FileMode) error {
	w, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, from)
	if err == nil {
		err = w.Chmod(mode)
	}
	return errors.Join(err, w.Close(), own(root, name, 0, 0))
}

func link(root *os.Root, target, name string) error {
	if err := root.Symlink(target, name); err != nil {
		return err
	}
	return own(root, name, 0, 0)
}

func own(root *os.Root, name string, uid, gid int) error {
	if os.Geteuid() != 0 {
		return nil
	}
	err := root.Lchown(name, uid, gid)
	if errors.Is(err, syscall.EINVAL) {
		return nil // the user namespace has no such ID: the home is its root's
	}
	return err
}

// empty removes what write has made.
func empty(root *os.Root) error {
	list, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := root.RemoveAll(path.Clean(e.Name())); err != nil {
			return err
		}
	}
	return nil
}

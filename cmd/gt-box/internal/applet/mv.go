package applet

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// mv [-fn] source… target
func mv(args []string) int {
	f, names, err := options(args, "fnT")
	if err != nil || len(names) < 2 {
		return misuse(args, "usage: mv [-fn] source… target")
	}
	sources, target := names[:len(names)-1], names[len(names)-1]
	into := isDir(target) && !f.has('T')
	if len(sources) > 1 && !into {
		return fail(args, "%s: need a directory", target)
	}
	return each(args, sources, func(src string) error {
		dst := target
		if into {
			dst = filepath.Join(target, filepath.Base(src))
		}
		if _, err := os.Lstat(dst); err == nil && f.has('n') {
			return nil
		}
		err := os.Rename(src, dst)
		if errno(err) != unix.EXDEV {
			return err
		}
		c := copying{tree: true, keep: true, links: true, force: true}
		if err := c.copy(src, dst); err != nil {
			return err
		}
		return remove(src, true)
	})
}

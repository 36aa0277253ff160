package applet

import (
	"os"

	"golang.org/x/sys/unix"
)

// mv [-fn] source… target
func mv(args []string) int {
	f, names, err := options(args, "fnT")
	if err != nil || len(names) < 2 {
		return misuse(args, "usage: mv [-fn] source… target")
	}
	return toward(args, names, f.has('T'), func(src, dst string) error {
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

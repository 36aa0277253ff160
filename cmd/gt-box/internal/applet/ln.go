package applet

import (
	"os"
	"path/filepath"
)

// ln [-sfn] target… link
func ln(args []string) int {
	f, names, err := options(args, "sfn")
	if err != nil || len(names) == 0 {
		return misuse(args, "usage: ln [-sfn] target… link")
	}
	if len(names) == 1 {
		names = append(names, ".")
	}
	targets, link := names[:len(names)-1], names[len(names)-1]
	into := isDir(link)
	if st, err := os.Lstat(link); f.has('n') && err == nil && st.Mode()&os.ModeSymlink != 0 {
		into = false
	}
	if len(targets) > 1 && !into {
		return fail(args, "%s: need a directory", link)
	}
	return each(args, targets, func(target string) error {
		name := link
		if into {
			name = filepath.Join(link, filepath.Base(target))
		}
		if f.has('f') {
			if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
				return err
			}
		}
		if f.has('s') {
			return os.Symlink(target, name)
		}
		return os.Link(target, name)
	})
}

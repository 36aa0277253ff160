package applet

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// chown [-Rh] user[:group] file…
func chown(args []string) int {
	f, rest, err := options(args, "Rh")
	if err != nil || len(rest) < 2 {
		return misuse(args, "usage: chown [-Rh] user[:group] file…")
	}
	uid, gid, err := owner(rest[0])
	if err != nil {
		return misuse(args, "%s", err)
	}
	change := os.Chown
	if f.has('h') || f.has('R') {
		change = os.Lchown
	}
	return each(args, rest[1:], func(name string) error {
		if !f.has('R') {
			return change(name, uid, gid)
		}
		return filepath.WalkDir(name, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return change(path, uid, gid)
		})
	})
}

// owner reads user, user:group or :group, as names or numbers; -1 is no change.
func owner(text string) (uid, gid int, err error) {
	user, group, grouped := strings.Cut(text, ":")
	if uid, err = account("/etc/passwd", user); err != nil {
		return
	}
	gid = -1
	if grouped {
		gid, err = account("/etc/group", group)
	}
	return
}

func account(file, name string) (int, error) {
	if name == "" {
		return -1, nil
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 0 {
		return n, nil
	}
	data, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return -1, err
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(line, ":")
		if fields[0] == name && len(fields) > 2 {
			return strconv.Atoi(strings.TrimSpace(fields[2]))
		}
	}
	return -1, fmt.Errorf("%s: not in %s", name, file)
}

// accountName is the reverse of account; "" if the file does not know the id.
func accountName(file string, id int) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) > 2 && fields[2] == strconv.Itoa(id) {
			return fields[0]
		}
	}
	return ""
}

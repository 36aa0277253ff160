package applet

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

type unixStat = syscall.Stat_t

// ls [-lanAd1iRFh] [file…]
func ls(args []string) int {
	f, names, err := options(args, "lanAd1iRFh")
	if err != nil {
		return misuse(args, "%s", err)
	}
	if f.has('n') {
		f['l'] = f['n']
	}
	if len(names) == 0 {
		names = []string{"."}
	}
	var files, dirs []string
	status := each(args, names, func(name string) error {
		st, err := os.Lstat(name)
		if err == nil && st.Mode()&os.ModeSymlink != 0 && !f.has('l') && isDir(name) {
			st, err = os.Stat(name)
		}
		switch {
		case err != nil:
			return err
		case st.IsDir() && !f.has('d'):
			dirs = append(dirs, name)
		default:
			files = append(files, name)
		}
		return nil
	})
	for _, name := range files {
		lsEntry(f, name, name)
	}
	head := len(names) > 1 || f.has('R')
	for i := 0; i < len(dirs); i++ {
		if head {
			fmt.Fprintf(out, "%s%s:\n", strings.Repeat("\n", min(i+len(files), 1)), dirs[i])
		}
		below, err := lsDir(f, dirs[i])
		if err != nil {
			status = fail(args, "%s: %s", dirs[i], why(err))
		}
		dirs = slices.Insert(dirs, i+1, below...)
	}
	return status
}

// lsDir lists a directory and returns the directories in it for -R.
func lsDir(f flags, dir string) (below []string, err error) {
	list, err := os.ReadDir(dir)
	var names []string
	if f.has('a') {
		names = append(names, ".", "..")
	}
	for _, e := range list {
		if e.Name()[0] == '.' && !f.has('a') && !f.has('A') {
			continue
		}
		names = append(names, e.Name())
		if e.IsDir() && f.has('R') {
			below = append(below, filepath.Join(dir, e.Name()))
		}
	}
	for _, name := range names {
		lsEntry(f, dir+"/"+name, name)
	}
	return below, err
}

func lsEntry(f flags, path, name string) {
	var st unix.Stat_t
	err := unix.Lstat(path, &st)
	if f.has('i') {
		fmt.Fprintf(out, "%7d ", st.Ino)
	}
	if f.has('F') {
		name += suffix(st.Mode)
	}
	if !f.has('l') {
		fmt.Fprintln(out, name)
		return
	}
	if err != nil {
		fmt.Fprintf(out, "?--------- ? ? ? ? ? %s\n", name)
		return
	}
	user, group := strconv.Itoa(int(st.Uid)), strconv.Itoa(int(st.Gid))
	if !f.has('n') {
		user = orNumber("/etc/passwd", int(st.Uid))
		group = orNumber("/etc/group", int(st.Gid))
	}
	size := strconv.FormatInt(st.Size, 10)
	if kind := st.Mode & unix.S_IFMT; kind == unix.S_IFCHR || kind == unix.S_IFBLK {
		size = fmt.Sprintf("%d, %d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		if to, err := os.Readlink(path); err == nil {
			name += " -> " + to
		}
	}
	fmt.Fprintf(out, "%s %4d %-8s %-8s %9s %s %s\n", modeString(st.Mode), st.Nlink, user, group, size,
		time.Unix(st.Mtim.Unix()).Format("Jan _2 15:04"), name)
}

func orNumber(file string, id int) string {
	if name := accountName(file, id); name != "" {
		return name
	}
	return strconv.Itoa(id)
}

func suffix(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return "/"
	case unix.S_IFLNK:
		return "@"
	case unix.S_IFIFO:
		return "|"
	case unix.S_IFSOCK:
		return "="
	}
	if mode&0o111 != 0 {
		return "*"
	}
	return ""
}

// modeString is the first column of ls -l.
func modeString(mode uint32) string {
	kind := map[uint32]byte{
		unix.S_IFDIR: 'd', unix.S_IFLNK: 'l', unix.S_IFCHR: 'c', unix.S_IFBLK: 'b',
		unix.S_IFIFO: 'p', unix.S_IFSOCK: 's',
	}[mode&unix.S_IFMT]
	if kind == 0 {
		kind = '-'
	}
	text := []byte{kind}
	for i := range 9 {
		c := "rwxrwxrwx"[i]
		if mode&(0o400>>i) == 0 {
			c = '-'
		}
		text = append(text, c)
	}
	for i, bit := range []uint32{unix.S_ISUID, unix.S_ISGID, unix.S_ISVTX} {
		if mode&bit == 0 {
			continue
		}
		at, c := 3*i+3, "sst"[i]
		if text[at] == '-' {
			c -= 'a' - 'A'
		}
		text[at] = c
	}
	return string(text)
}

package applet

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// stat [-L] [-c format] file…: %n %s %f %F %a %A %u %U %g %G %d %D %i %h %t %T
// %X %Y %Z %b %B.
func stat(args []string) int {
	f, names, err := options(args, "Lc:f")
	if err != nil || len(names) == 0 || f.has('f') {
		return misuse(args, "usage: stat [-L] [-c format] file…")
	}
	return each(args, names, func(name string) error {
		var st unix.Stat_t
		get := unix.Lstat
		if f.has('L') {
			get = unix.Stat
		}
		if err := get(name, &st); err != nil {
			return err
		}
		if f.has('c') {
			fmt.Fprintln(out, statFormat(f.value('c', ""), name, &st))
			return nil
		}
		fmt.Fprintln(out, statFormat("  File: %n\n  Size: %s\tBlocks: %b\t%F\nDevice: %d\tInode: %i\tLinks: %h", name, &st))
		fmt.Fprintln(out, statFormat("Access: (%a/%A)\tUid: %u/%U\tGid: %g/%G", name, &st))
		fmt.Fprintln(out, "Modify:", time.Unix(st.Mtim.Unix()).Format(time.RFC3339))
		return nil
	})
}

func statFormat(format, name string, st *unix.Stat_t) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		b.WriteString(statField(format[i], name, st))
	}
	return b.String()
}

func statField(c byte, name string, st *unix.Stat_t) string {
	number := func(v uint64) string { return strconv.FormatUint(v, 10) }
	switch c {
	case '%':
		return "%"
	case 'n':
		return name
	case 's':
		return strconv.FormatInt(st.Size, 10)
	case 'f':
		return strconv.FormatUint(uint64(st.Mode), 16)
	case 'F':
		return fileKind(st)
	case 'a':
		return strconv.FormatUint(uint64(st.Mode&0o7777), 8)
	case 'A':
		return modeString(st.Mode)
	case 'u':
		return number(uint64(st.Uid))
	case 'U':
		return orNumber("/etc/passwd", int(st.Uid))
	case 'g':
		return number(uint64(st.Gid))
	case 'G':
		return orNumber("/etc/group", int(st.Gid))
	case 'd':
		return number(st.Dev)
	case 'D':
		return strconv.FormatUint(st.Dev, 16)
	case 'i':
		return number(st.Ino)
	case 'h':
		return number(uint64(st.Nlink))
	case 't':
		return strconv.FormatUint(uint64(unix.Major(st.Rdev)), 16)
	case 'T':
		return strconv.FormatUint(uint64(unix.Minor(st.Rdev)), 16)
	case 'b':
		return strconv.FormatInt(st.Blocks, 10)
	case 'B':
		return "512"
	case 'X':
		return strconv.FormatInt(st.Atim.Sec, 10)
	case 'Y':
		return strconv.FormatInt(st.Mtim.Sec, 10)
	case 'Z':
		return strconv.FormatInt(st.Ctim.Sec, 10)
	}
	return "%" + string(c)
}

func fileKind(st *unix.Stat_t) string {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFLNK:
		return "symbolic link"
	case unix.S_IFCHR:
		return "character special file"
	case unix.S_IFBLK:
		return "block special file"
	case unix.S_IFIFO:
		return "fifo"
	case unix.S_IFSOCK:
		return "socket"
	}
	if st.Size == 0 {
		return "regular empty file"
	}
	return "regular file"
}

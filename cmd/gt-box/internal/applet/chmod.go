package applet

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// chmod [-R] mode file…: mode is octal or symbolic (u+rwx,g-w,o=,+t).
func chmod(args []string) int {
	tree := false
	rest := args[1:]
	for len(rest) > 0 && (rest[0] == "-R" || rest[0] == "--") {
		tree = tree || rest[0] == "-R"
		rest = rest[1:]
	}
	if len(rest) < 2 {
		return misuse(args, "usage: chmod [-R] mode file…")
	}
	return each(args, rest[1:], func(name string) error {
		if !tree {
			return chmodOne(name, rest[0])
		}
		return filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.Type()&fs.ModeSymlink != 0 {
				return err
			}
			return chmodOne(path, rest[0])
		})
	})
}

func chmodOne(name, change string) error {
	var st unix.Stat_t
	if err := unix.Stat(name, &st); err != nil {
		return err
	}
	mode, err := newMode(st.Mode, change)
	if err != nil {
		return err
	}
	return unix.Chmod(name, mode)
}

// newMode applies a change to the permission bits of mode.
func newMode(mode uint32, change string) (uint32, error) {
	if v, err := strconv.ParseUint(change, 8, 12); err == nil {
		return uint32(v), nil
	}
	now := mode & 0o7777
	for part := range strings.SplitSeq(change, ",") {
		at := strings.IndexAny(part, "+-=")
		if at < 0 {
			return 0, fmt.Errorf("%s: need an octal or symbolic mode", change)
		}
		var who uint32
		for _, c := range part[:at] {
			i := strings.IndexRune("ugo", c)
			if i >= 0 {
				who |= [...]uint32{0o4700, 0o2070, 0o0007}[i]
			} else if c == 'a' {
				who |= 0o6777
			} else {
				return 0, fmt.Errorf("%s: no such class: %c", change, c)
			}
		}
		mask := uint32(0)
		if at == 0 {
			umask := unix.Umask(0)
			unix.Umask(umask)
			who, mask = 0o7777, uint32(umask)
		}
		bits, err := modeBits(part[at+1:], mode)
		if err != nil {
			return 0, err
		}
		bits &= (who | 0o1000) &^ mask
		switch part[at] {
		case '+':
			now |= bits
		case '-':
			now &^= bits
		default:
			now = now&^(who&0o777|who&0o6000) | bits
		}
	}
	return now, nil
}

func modeBits(letters string, mode uint32) (bits uint32, err error) {
	for _, c := range letters {
		switch c {
		case 'r':
			bits |= 0o444
		case 'w':
			bits |= 0o222
		case 'x':
			bits |= 0o111
		case 'X':
			if mode&unix.S_IFMT == unix.S_IFDIR || mode&0o111 != 0 {
				bits |= 0o111
			}
		case 's':
			bits |= 0o6000
		case 't':
			bits |= 0o1000
		default:
			return 0, fmt.Errorf("no such permission: %c", c)
		}
	}
	return bits, nil
}

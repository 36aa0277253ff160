package applet

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

type expression struct {
	words []string
	err   error
}

// evaluate is test and [. With up to four words POSIX says by their number what
// they mean; the grammar below gives the same answers.
func evaluate(args []string) (bool, error) {
	words := args[1:]
	if args[0] == "[" {
		if len(words) == 0 || words[len(words)-1] != "]" {
			return false, errors.New("need a ] at the end")
		}
		words = words[:len(words)-1]
	}
	switch len(words) {
	case 0:
		return false, nil
	case 1:
		return words[0] != "", nil
	case 3:
		if isBinary(words[1]) {
			return compare(words[0], words[1], words[2])
		}
	}
	e := &expression{words: words}
	ok := e.or()
	if e.err == nil && len(e.words) > 0 {
		e.err = fmt.Errorf("%s: not expected here", e.words[0])
	}
	return ok, e.err
}

func (e *expression) accept(word string) bool {
	if len(e.words) > 0 && e.words[0] == word {
		e.words = e.words[1:]
		return true
	}
	return false
}

func (e *expression) or() bool {
	ok := e.and()
	for e.accept("-o") {
		ok = e.and() || ok
	}
	return ok
}

func (e *expression) and() bool {
	ok := e.not()
	for e.accept("-a") {
		ok = e.not() && ok
	}
	return ok
}

func (e *expression) not() bool {
	if len(e.words) > 1 && !(len(e.words) > 2 && isBinary(e.words[1])) && e.accept("!") {
		return !e.not()
	}
	return e.primary()
}

func (e *expression) primary() bool {
	w := e.words
	switch {
	case e.err != nil:
		return false
	case len(w) == 0:
		e.err = errors.New("need a word")
		return false
	case len(w) > 2 && isBinary(w[1]):
		e.words = w[3:]
		return e.keep(compare(w[0], w[1], w[2]))
	case len(w) > 1 && w[0] == "(":
		e.words = w[1:]
		ok := e.or()
		if !e.accept(")") && e.err == nil {
			e.err = errors.New("need a )")
		}
		return ok
	case len(w) > 1 && isUnary(w[0]):
		e.words = w[2:]
		return e.keep(examine(w[0][1], w[1]))
	}
	e.words = w[1:]
	return w[0] != ""
}

func (e *expression) keep(ok bool, err error) bool {
	if err != nil && e.err == nil {
		e.err = err
	}
	return ok
}

func isUnary(w string) bool {
	return len(w) == 2 && w[0] == '-' && strings.IndexByte("nzefdhLrwxspcbStugkOG", w[1]) >= 0
}

func isBinary(w string) bool {
	switch w {
	case "=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef":
		return true
	}
	return false
}

func examine(op byte, v string) (bool, error) {
	switch op {
	case 'n':
		return v != "", nil
	case 'z':
		return v == "", nil
	case 't':
		fd, err := strconv.Atoi(v)
		if err != nil {
			return false, fmt.Errorf("%s: need a number", v)
		}
		_, err = unix.IoctlGetTermios(fd, unix.TCGETS)
		return err == nil, nil
	case 'r', 'w', 'x':
		mode := map[byte]uint32{'r': unix.R_OK, 'w': unix.W_OK, 'x': unix.X_OK}[op]
		return unix.Faccessat(unix.AT_FDCWD, v, mode, unix.AT_EACCESS) == nil, nil
	case 'h', 'L':
		var st unix.Stat_t
		return unix.Lstat(v, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK, nil
	}
	var st unix.Stat_t
	if unix.Stat(v, &st) != nil {
		return false, nil
	}
	switch op {
	case 's':
		return st.Size > 0, nil
	case 'u', 'g', 'k':
		bit := map[byte]uint32{'u': unix.S_ISUID, 'g': unix.S_ISGID, 'k': unix.S_ISVTX}[op]
		return st.Mode&bit != 0, nil
	case 'O':
		return int(st.Uid) == unix.Geteuid(), nil
	case 'G':
		return int(st.Gid) == unix.Getegid(), nil
	case 'e':
		return true, nil
	}
	kind := map[byte]uint32{
		'f': unix.S_IFREG, 'd': unix.S_IFDIR, 'p': unix.S_IFIFO,
		'c': unix.S_IFCHR, 'b': unix.S_IFBLK, 'S': unix.S_IFSOCK,
	}[op]
	return st.Mode&unix.S_IFMT == kind, nil
}

func compare(a, op, b string) (bool, error) {
	switch op {
	case "=", "==":
		return a == b, nil
	case "!=":
		return a != b, nil
	case "<":
		return a < b, nil
	case ">":
		return a > b, nil
	case "-nt", "-ot", "-ef":
		return compareFiles(a, op, b), nil
	}
	x, err := integer(a)
	if err != nil {
		return false, err
	}
	y, err := integer(b)
	if err != nil {
		return false, err
	}
	switch op {
	case "-eq":
		return x == y, nil
	case "-ne":
		return x != y, nil
	case "-lt":
		return x < y, nil
	case "-le":
		return x <= y, nil
	case "-gt":
		return x > y, nil
	}
	return x >= y, nil
}

func integer(s string) (int64, error) {
	v, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: need a number", s)
	}
	return v, nil
}

func compareFiles(a, op, b string) bool {
	var x, y unix.Stat_t
	errA, errB := unix.Stat(a, &x), unix.Stat(b, &y)
	if op == "-ef" {
		return errA == nil && errB == nil && x.Dev == y.Dev && x.Ino == y.Ino
	}
	if op == "-ot" {
		x, y, errA, errB = y, x, errB, errA
	}
	if errA != nil || errB != nil {
		return errA == nil
	}
	return x.Mtim.Nano() > y.Mtim.Nano()
}

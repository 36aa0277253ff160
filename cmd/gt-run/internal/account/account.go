// Package account turns --user into numbers. Names are looked up in the
// container's own /etc/passwd and /etc/group, which whoever made the root
// filesystem controls: the files are opened inside the root, read up to a
// bound, and a row decides only for the name it is asked for. What is not
// plainly a number or a name is refused, so that nobody becomes root by
// accident.
package account

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// An Account is a user as the kernel knows it. Home is empty if no row of
// passwd tells.
type Account struct {
	UID, GID uint32
	Groups   []uint32 // supplementary, from /etc/group
	Home     string
}

// An Asked is a --user that has been checked but not looked up.
type Asked struct {
	user, group who
	grouped     bool
}

// who is a number or else a name.
type who struct {
	id      uint32
	name    string
	numeric bool
}

// Parse checks USER or USER:GROUP, each a decimal number or a name.
func Parse(text string) (Asked, error) {
	user, group, grouped := strings.Cut(text, ":")
	a := Asked{grouped: grouped}
	var err error
	if a.user, err = parse(user); err != nil {
		return a, fmt.Errorf("user %w", err)
	}
	if grouped {
		if a.group, err = parse(group); err != nil {
			return a, fmt.Errorf("group %w", err)
		}
	}
	return a, nil
}

func parse(text string) (who, error) {
	switch {
	case text == "":
		return who{}, errors.New("is empty, need a number or a name")
	case allDigits(text):
		id, err := number(text)
		return who{id: id, numeric: true}, err
	case !nameLike(text):
		return who{}, fmt.Errorf("%q is neither a number nor a name", text)
	}
	return who{name: text}, nil
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// number reads an ID. 2^32-1 means "leave as it is" to the kernel, so that
// setuid to it would keep root; a leading zero is octal to some programs.
func number(text string) (uint32, error) {
	if !allDigits(text) || len(text) > 1 && text[0] == '0' {
		return 0, fmt.Errorf("%q is no ID, need a decimal number without leading zeros", text)
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n == 1<<32-1 {
		return 0, fmt.Errorf("%s is out of range, need at most 4294967294", text)
	}
	return uint32(n), nil
}

// nameLike accepts what useradd(8) does, in either case and with dots.
func nameLike(s string) bool {
	if len(s) > 256 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		later := c >= '0' && c <= '9' || c == '-' || c == '.' || c == '$' && i == len(s)-1
		if !letter && (i == 0 || !later) {
			return false
		}
	}
	return true
}

// Named tells whether an Account needs the files of the root.
func (a Asked) Named() bool { return !a.user.numeric || a.grouped && !a.group.numeric }

// String is the --user again.
func (a Asked) String() string {
	if !a.grouped {
		return a.user.String()
	}
	return a.user.String() + ":" + a.group.String()
}

func (w who) String() string {
	if w.numeric {
		return strconv.FormatUint(uint64(w.id), 10)
	}
	return w.name
}

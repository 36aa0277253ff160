package shell

import (
	"errors"
	"fmt"
	"strings"
)

var (
	errNeedsWord    = errors.New("-o needs the name of an option")
	errNeedsCommand = errors.New("-c needs a command")
	errNoArrays     = errors.New("arrays are not supported")
)

func (o *options) byLetter(c rune) *bool {
	switch c {
	case 'e':
		return &o.errExit
	case 'u':
		return &o.noUnset
	case 'x':
		return &o.trace
	case 'f':
		return &o.noGlob
	case 'n':
		return &o.noExec
	case 'C':
		return &o.noClobber
	case 'v':
		return &o.verbose
	case 'a':
		return &o.allExport
	case 'i':
		return &o.interactive
	}
	return nil
}

var longOptions = []struct {
	name   string
	letter rune
}{
	{"allexport", 'a'},
	{"errexit", 'e'},
	{"noclobber", 'C'},
	{"noexec", 'n'},
	{"noglob", 'f'},
	{"nounset", 'u'},
	{"pipefail", 0},
	{"verbose", 'v'},
	{"xtrace", 'x'},
}

func (s *Shell) setShort(c rune, on bool) error {
	p := s.opts.byLetter(c)
	if p == nil {
		return fmt.Errorf("no such option: -%c", c)
	}
	*p = on
	return nil
}

func (s *Shell) setLong(name string, on bool) error {
	for _, l := range longOptions {
		if l.name != name {
			continue
		}
		if l.letter == 0 {
			s.opts.pipeFail = on
			return nil
		}
		return s.setShort(l.letter, on)
	}
	return fmt.Errorf("no such option: -o %s", name)
}

// letters is the value of $-.
func (o *options) letters() string {
	var b strings.Builder
	for _, c := range "efinuvxaC" {
		if *o.byLetter(c) {
			b.WriteRune(c)
		}
	}
	return b.String()
}

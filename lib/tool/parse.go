package tool

import (
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// parser reads one stretch of a command line, the way getopt_long does:
// options and positionals in any order, "--" ends the options. A word with one
// dash that is the name of a long option is that option (containerd sends
// -no-subreaper), and a dash with digits alone is a positional (kill ID -9).
type parser struct {
	tables []*Options // searched in this order
	later  bool       // after the verb: options bound to the place before it are unknown
	stopAt int        // positionals after which the rest is taken as it is; 0: never
	help   string     // what to type to see the options
	advice map[string]string
}

// parse returns the positionals, and the words it left alone because stopAt
// was reached.
func (p *parser) parse(args []string) (words, rest []string, err error) {
	for i := 0; i < len(args); {
		if p.stopAt > 0 && len(words) == p.stopAt {
			return words, args[i:], nil
		}
		w := args[i]
		i++
		if w == "--" {
			if n := p.stopAt - len(words); p.stopAt > 0 && len(args)-i > n {
				return append(words, args[i:i+n]...), args[i+n:], nil
			}
			return append(words, args[i:]...), nil, nil
		}
		if p.positional(w) {
			words = append(words, w)
			continue
		}
		used, err := p.option(w, args[i:])
		if err != nil {
			return nil, nil, err
		}
		i += used
	}
	return words, nil, nil
}

func (p *parser) positional(w string) bool {
	if len(w) < 2 || w[0] != '-' {
		return true
	}
	for i := 1; i < len(w); i++ {
		if w[i] < '0' || w[i] > '9' {
			return false
		}
	}
	return p.letter(w[1]) == nil
}

// option handles the word w and says how many of the following words it took.
func (p *parser) option(w string, next []string) (int, error) {
	name, value, given := strings.Cut(strings.TrimPrefix(w[1:], "-"), "=")
	opt := p.long(name)
	if w[1] != '-' && (opt == nil || len(name) == 1) {
		return p.letters(w, next)
	}
	if opt == nil {
		return 0, p.unknown("--" + name)
	}
	return p.give(opt, value, given, next)
}

// letters handles -x, -xyz, -xVALUE and -x=VALUE.
func (p *parser) letters(w string, next []string) (int, error) {
	for j := 1; j < len(w); j++ {
		opt := p.letter(w[j])
		if opt == nil {
			if j == 1 && len(w) > 2 {
				return 0, p.unknown(w)
			}
			return 0, p.unknown("-" + string(rune(w[j])))
		}
		rest := w[j+1:]
		if opt.arg != "" || strings.HasPrefix(rest, "=") {
			return p.give(opt, strings.TrimPrefix(rest, "="), rest != "", next)
		}
		if err := opt.set("true"); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func (p *parser) give(opt *option, value string, given bool, next []string) (int, error) {
	switch {
	case given:
		return 0, opt.set(value)
	case opt.arg == "":
		return 0, opt.set("true")
	case len(next) == 0:
		return 0, fail.Usage("--%s: have nothing, need %s", opt.name, opt.arg)
	}
	return 1, opt.set(next[0])
}

func (p *parser) long(name string) *option {
	for _, t := range p.tables {
		if opt := t.long(name); opt != nil && !(p.later && opt.before) {
			return opt
		}
	}
	return nil
}

func (p *parser) letter(c byte) *option {
	for _, t := range p.tables {
		if opt := t.letter(c); opt != nil && !(p.later && opt.before) {
			return opt
		}
	}
	return nil
}

func (p *parser) unknown(w string) error {
	var names []string
	for _, t := range p.tables {
		for _, opt := range t.list {
			if !opt.hidden && !(p.later && opt.before) {
				names = append(names, opt.name)
			}
		}
	}
	if instead := p.advice[strings.TrimLeft(w, "-")]; instead != "" {
		return fail.Usage("unknown option %s: %s", w, instead)
	}
	if near := nearest(strings.TrimLeft(w, "-"), names); near != "" {
		return fail.Usage("unknown option %s, nearest is --%s", w, near)
	}
	return fail.Usage("unknown option %s, need one of %s", w, p.help)
}

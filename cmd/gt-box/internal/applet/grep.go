package applet

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// grep [-EFivqclnhosrwx] [-e pattern] pattern [file…]: the patterns are those
// of package regexp; without -E, + ? { | ( ) stand for themselves.
func grep(args []string) int {
	f, rest, err := options(args, "EFGivqclnhHosrwxe:m:")
	if err != nil {
		return misuse(args, "%s", err)
	}
	patterns := f['e']
	if patterns == nil {
		if len(rest) == 0 {
			return misuse(args, "need a pattern")
		}
		patterns, rest = rest[:1], rest[1:]
	}
	re, err := grepPattern(f, patterns)
	if err != nil {
		return misuse(args, "%s", err)
	}
	if f.has('r') {
		rest = allFiles(rest)
	}
	g := grepping{flags: f, re: re, title: len(rest) > 1 && !f.has('h') || f.has('H') || f.has('r') && !f.has('h')}
	status := 0
	inputs(args, rest, func(name string, r io.Reader) error {
		err := g.file(name, r)
		if err != nil && !f.has('s') {
			status = 2
		}
		return err
	})
	for _, name := range rest {
		if _, err := os.Stat(name); err != nil && name != "-" {
			status = 2
		}
	}
	if g.found && (status == 0 || f.has('q')) {
		return 0
	}
	return max(status, 1)
}

func allFiles(roots []string) []string {
	if len(roots) == 0 {
		roots = []string{"."}
	}
	var files []string
	for _, root := range roots {
		// What cannot be read is named again, and reported, when it is opened.
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.Type().IsRegular() {
				files = append(files, path)
			}
			return nil
		})
	}
	return files
}

func grepPattern(f flags, patterns []string) (*regexp.Regexp, error) {
	var parts []string
	for _, list := range patterns {
		for p := range strings.SplitSeq(list, "\n") {
			switch {
			case f.has('F'):
				p = regexp.QuoteMeta(p)
			case !f.has('E'):
				p = basic(p)
			}
			parts = append(parts, "(?:"+p+")")
		}
	}
	expr := strings.Join(parts, "|")
	if f.has('w') {
		expr = `\b(?:` + expr + `)\b`
	}
	if f.has('x') {
		expr = `^(?:` + expr + `)$`
	}
	if f.has('i') {
		expr = "(?i)" + expr
	}
	return regexp.Compile(expr)
}

// basic turns a basic regular expression into an extended one: the backslash
// before ( ) { } | + ? has the opposite meaning.
func basic(p string) string {
	var b strings.Builder
	inSet := false
	for i := 0; i < len(p); i++ {
		c := p[i]
		special := strings.IndexByte("(){}|+?", c) >= 0
		switch {
		case inSet:
			inSet = c != ']'
			b.WriteByte(c)
		case c == '\\' && i+1 < len(p):
			i++
			if strings.IndexByte("(){}|+?", p[i]) < 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(p[i])
		case special || c == '*' && i == 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			inSet = c == '['
			b.WriteByte(c)
		}
	}
	return b.String()
}

type grepping struct {
	flags flags
	re    *regexp.Regexp
	title bool
	found bool
}

func (g *grepping) file(name string, r io.Reader) error {
	f, prefix, count, number := g.flags, "", 0, 0
	if g.title {
		prefix = name + ":"
	}
	err := lines(r, func(line string) bool {
		number++
		if g.re.MatchString(line) == f.has('v') {
			return true
		}
		g.found = true
		count++
		switch {
		case f.has('q') || f.has('l'):
			return false
		case f.has('c'):
			return true
		}
		at := prefix
		if f.has('n') {
			at += fmt.Sprint(number, ":")
		}
		if f.has('o') {
			for _, m := range g.re.FindAllString(line, -1) {
				fmt.Fprintln(out, at+m)
			}
		} else {
			fmt.Fprintln(out, at+line)
		}
		return f.value('m', "") != fmt.Sprint(count)
	})
	if f.has('l') && count > 0 {
		fmt.Fprintln(out, name)
	} else if f.has('c') && !f.has('q') {
		fmt.Fprintf(out, "%s%d\n", prefix, count)
	}
	return err
}

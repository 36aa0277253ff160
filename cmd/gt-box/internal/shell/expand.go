package shell

import (
	"io"
	"os"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"
)

// config tells package expand about this shell.
func (s *Shell) config() *expand.Config {
	c := &expand.Config{Env: environment{s}, NoUnset: s.opts.noUnset}
	c.CmdSubst = func(w io.Writer, cs *syntax.CmdSubst) error {
		out, err := s.capture(cs.Stmts)
		if err == nil {
			_, err = io.WriteString(w, out)
		}
		return err
	}
	if !s.opts.noGlob {
		c.ReadDir2 = os.ReadDir
	}
	return c
}

// fields expands words into the arguments of a command.
func (s *Shell) fields(words []*syntax.Word) ([]string, error) {
	plain := make([]*syntax.Word, len(words))
	for i, w := range words {
		plain[i] = unbraced(w)
	}
	return expand.Fields(s.config(), plain...)
}

// unbraced protects a word from brace expansion, which POSIX shells lack: the
// opening brace is escaped.
func unbraced(w *syntax.Word) *syntax.Word {
	for i, p := range w.Parts {
		lit, ok := p.(*syntax.Lit)
		if !ok || !strings.Contains(lit.Value, "{") {
			continue
		}
		c := *w
		c.Parts = append([]syntax.WordPart{}, w.Parts...)
		l := *lit
		l.Value = escapeBraces(lit.Value)
		c.Parts[i] = &l
		w = &c
	}
	return w
}

func escapeBraces(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] == '\\' && i+1 < len(v) {
			b.WriteByte(v[i])
			i++
		} else if v[i] == '{' {
			b.WriteByte('\\')
		}
		b.WriteByte(v[i])
	}
	return b.String()
}

// matches tells whether text matches a shell pattern as a whole.
func matches(pat, text string) bool {
	expr, err := pattern.Regexp(pat, pattern.EntireString)
	if err != nil {
		return pat == text
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return pat == text
	}
	return re.MatchString(text)
}

// matchesWord is matches for a word of the script, whose quoted parts stand
// for themselves.
func (s *Shell) matchesWord(w *syntax.Word, text string) (bool, error) {
	pat, err := expand.Pattern(s.config(), w)
	if err != nil {
		return false, err
	}
	return matches(pat, text), nil
}

// quote makes one word of the shell's language that stands for text.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

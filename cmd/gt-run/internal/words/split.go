// Package words cuts a command line, such as --cmd gives, into its words.
package words

import (
	"errors"
	"fmt"
	"strings"
)

// Split cuts as sh(1) does: at blanks, with '…', "…" and \ keeping them. There
// is no shell behind it: $, |, ; and the like are ordinary characters.
func Split(line string) ([]string, error) {
	var s splitter
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case s.quote == '\'' || s.quote == '"':
			i += s.quoted(line, i)
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			s.finish()
		case c == '\'' || c == '"':
			s.quote, s.open = c, true
		case c == '\\':
			i++
			if i == len(line) {
				return nil, errors.New("nothing follows the last backslash")
			}
			if line[i] != '\n' {
				s.add(line[i])
			}
		default:
			s.add(c)
		}
	}
	if s.quote != 0 {
		return nil, fmt.Errorf("quote %c is not closed", s.quote)
	}
	s.finish()
	return s.words, nil
}

type splitter struct {
	words []string
	word  strings.Builder
	open  bool // a word has begun, even if it is empty
	quote byte
}

func (s *splitter) add(c byte) {
	s.open = true
	s.word.WriteByte(c)
}

func (s *splitter) finish() {
	if s.open {
		s.words = append(s.words, s.word.String())
		s.word.Reset()
		s.open = false
	}
}

// quoted takes one character inside quotes and returns how many more it used.
func (s *splitter) quoted(line string, i int) int {
	c := line[i]
	if c == s.quote {
		s.quote = 0
		return 0
	}
	if c != '\\' || s.quote == '\'' || i+1 == len(line) {
		s.add(c)
		return 0
	}
	switch next := line[i+1]; next {
	case '"', '\\', '$', '`':
		s.add(next)
		return 1
	case '\n':
		return 1
	}
	s.add(c)
	return 0
}

package shell

import (
	"io"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// read takes a line from stdin and splits it over variables.
func (s *Shell) read(args []string) int {
	args = args[1:]
	raw := false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		switch a := args[0]; {
		case a == "-r":
			raw = true
		case a == "-p" && len(args) > 1:
			if terminal(0) {
				_ = s.say(2, args[1])
			}
			args = args[1:]
		case a != "--":
			return s.wrong("read", "no such option: %s", a)
		}
		args = args[1:]
	}
	if len(args) == 0 {
		args = []string{"REPLY"}
	}
	for _, name := range args {
		if !syntax.ValidName(name) {
			return s.wrong("read", "%s: need the name of a variable", name)
		}
	}
	line, err := s.joined(raw)
	if err != nil && err != io.EOF {
		return s.wrong("read", "%s", err)
	}
	values := expand.ReadFields(s.config(), line, len(args), raw)
	for i, name := range args {
		value := ""
		if i < len(values) {
			value = values[i]
		}
		if err := s.assign(name, value); err != nil {
			return s.wrong("read", "%s", err)
		}
	}
	return truth(err == nil)
}

// joined reads a line; unless raw, a backslash at its end joins the next one.
func (s *Shell) joined(raw bool) (string, error) {
	var b strings.Builder
	for {
		line, err := s.readLine(0, '\n')
		text := strings.ReplaceAll(string(line), "\x00", "")
		if tail := len(text) - len(strings.TrimRight(text, "\\")); !raw && tail%2 == 1 && err == nil {
			b.WriteString(text[:len(text)-1])
			continue
		}
		b.WriteString(text)
		return b.String(), err
	}
}

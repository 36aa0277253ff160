package shell

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/syntax"
)

func newParser() *syntax.Parser { return syntax.NewParser(syntax.Variant(syntax.LangBash)) }

// runText runs a script that is all there. Each line runs before the next is
// parsed, so a mistake further down stops only what follows it.
func (s *Shell) runText(text string) {
	tail := s.tail
	s.tail = false
	p := newParser()
	src := strings.NewReader(text + "\n")
	for list, err := range p.InteractiveSeq(src) {
		if err != nil {
			s.syntaxError(err)
			return
		}
		if p.Incomplete() {
			continue
		}
		s.tail = tail && src.Len() == 0 && len(list) == 1 && single(text)
		s.stmts(list)
		if s.flow != flowNone {
			return
		}
	}
}

// single tells whether a script is one line, so that its only statement is its
// last one.
func single(text string) bool { return !strings.Contains(strings.TrimSpace(text), "\n") }

func (s *Shell) syntaxError(err error) {
	var p syntax.ParseError
	if errors.As(err, &p) {
		s.complain("line %d: %s", p.Pos.Line(), p.Text)
	} else {
		s.complain("%s", err)
	}
	s.status = 2
	if !s.opts.interactive {
		s.flow = flowExit
	}
}

// runStdin runs the lines of stdin, with prompts if a person is there.
func (s *Shell) runStdin() {
	if terminal(0) && terminal(2) {
		s.opts.interactive = true
	}
	if s.opts.interactive {
		s.interact()
		return
	}
	p := newParser()
	for list, err := range p.InteractiveSeq(&lines{s: s}) {
		if err != nil {
			s.syntaxError(err)
			return
		}
		if p.Incomplete() {
			continue
		}
		if s.stmts(list); s.flow == flowExit {
			return
		}
		s.flow = flowNone
	}
}

func terminal(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil
}

// interact is the loop of an interactive shell: line editing is the
// terminal's own, and an interrupt ends the command but not the shell.
func (s *Shell) interact() {
	s.ignoreKeys()
	for s.flow != flowExit {
		in := &lines{s: s, prompt: true}
		p := newParser()
		for list, err := range p.InteractiveSeq(in) {
			if err != nil {
				s.syntaxError(err)
				break
			}
			if p.Incomplete() {
				in.next = "PS2"
				continue
			}
			in.next = "PS1"
			if s.stmts(list); s.flow == flowExit {
				return
			}
			s.flow = flowNone
			s.runTraps()
		}
		if in.ended {
			_ = s.say(2, "\n")
			return
		}
	}
}

// lines reads the script's stdin a line at a time and no further, so that the
// commands of the script find the rest there.
type lines struct {
	s      *Shell
	rest   []byte
	prompt bool
	next   string
	ended  bool
}

// Read returns at most the rest of one line.
func (l *lines) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		if l.ended {
			return 0, io.EOF
		}
		if l.prompt {
			_ = l.s.say(2, l.s.promptText(l.next))
		}
		line, err := l.s.readLine(0, '\n')
		if err != nil && err != io.EOF {
			return 0, err
		}
		if err == io.EOF {
			l.ended = true
		}
		l.rest = append(bytes.ReplaceAll(line, []byte{0}, nil), '\n')
		if l.ended && len(line) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

func (s *Shell) promptText(name string) string {
	if v, ok := s.vars[name]; ok && name != "" {
		return v.Str
	}
	switch {
	case name == "PS2":
		return "> "
	case os.Geteuid() == 0:
		return "# "
	}
	return "$ "
}

// readLine reads up to and without the delimiter, byte by byte. It returns what
// there is with io.EOF at the end.
func (s *Shell) readLine(n int, delimiter byte) ([]byte, error) {
	fd := s.fds.real(n)
	if fd < 0 {
		return nil, unix.EBADF
	}
	var line []byte
	var b [1]byte
	for {
		got, err := retry(func() (int, error) { return unix.Read(fd, b[:]) })
		if err != nil {
			return line, err
		}
		if got == 0 {
			return line, io.EOF
		}
		if b[0] == delimiter {
			return line, nil
		}
		line = append(line, b[0])
	}
}

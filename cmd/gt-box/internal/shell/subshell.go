package shell

import (
	"errors"
	"maps"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/gophertainer/gophertainer/cmd/gt-box/internal/sig"
)

// A subshell is this program as `sh --resume=FD`. FD is a memory file:
//
//	$$ $? $! $0 letters pipefail tested | params | variables | functions | ignored signals | text
//
// every field ends with NUL, every list starts with its length. Working
// directory, umask, limits and descriptors come along by themselves.

const resumeFlag = "--resume="

func resumeFd(arg string) (int, bool) {
	v, ok := strings.CutPrefix(arg, resumeFlag)
	if !ok {
		return 0, false
	}
	fd, err := strconv.Atoi(v)
	return fd, err == nil && fd >= 0
}

// subshell runs ( list ) and returns its status.
func (s *Shell) subshell(list []*syntax.Stmt) int {
	s.tail = false
	pid, status := s.child(s.fds, sourceAll(list))
	if pid == 0 {
		return status
	}
	return s.await(pid)
}

// child starts a subshell that runs text.
func (s *Shell) child(t table, text string) (pid, status int) {
	fd, err := memory("subshell", s.freeze(text))
	if err != nil {
		s.complain("start subshell: %s", err)
		return 0, 2
	}
	defer closeFd(fd)
	at := resumeNumber()
	argv := []string{"sh", resumeFlag + strconv.Itoa(at)}
	// It has to be in the list: ForkExec takes numbers above it for itself.
	with := t.clone()
	with[at] = fd
	attr := &syscall.ProcAttr{Env: s.environ(nil), Files: with.files()}
	pid, err = syscall.ForkExec(self(), argv, attr)
	if err != nil {
		s.complain("start subshell: %s", err)
		return 0, 2
	}
	return pid, 0
}

// resumeNumber is resumeAt, or less if the limit of open files is.
func resumeNumber() int {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) == nil && l.Cur <= resumeAt {
		return max(int(l.Cur)-1, 3)
	}
	return resumeAt
}

type record struct{ b strings.Builder }

func (f *record) add(list ...string) {
	for _, v := range list {
		f.b.WriteString(v)
		f.b.WriteByte(0)
	}
}

func (f *record) list(v []string) {
	f.add(strconv.Itoa(len(v)))
	f.add(v...)
}

// freeze writes the state down.
func (s *Shell) freeze(text string) []byte {
	var f record
	f.add(strconv.Itoa(s.pid), strconv.Itoa(s.status), strconv.Itoa(s.last), s.name, s.opts.letters(),
		strconv.FormatBool(s.opts.pipeFail), strconv.Itoa(s.tested))
	f.list(s.params)
	var vars, funcs, ignored []string
	for _, name := range slices.Sorted(maps.Keys(s.vars)) {
		v := s.vars[name]
		vars = append(vars, v.Flags()+strconv.FormatBool(v.Set), name, v.Str)
	}
	for _, name := range slices.Sorted(maps.Keys(s.funcs)) {
		funcs = append(funcs, printed(s.funcs[name]))
	}
	for name, action := range s.traps {
		if action == "" {
			ignored = append(ignored, name)
		}
	}
	f.list(vars)
	f.list(funcs)
	f.list(ignored)
	f.add(text)
	return []byte(f.b.String())
}

var errTorn = errors.New("the state of the parent shell is torn")

type thaw struct {
	rest []string
	err  error
}

func (t *thaw) next() string {
	if len(t.rest) == 0 {
		t.err = errTorn
		return ""
	}
	v := t.rest[0]
	t.rest = t.rest[1:]
	return v
}

func (t *thaw) number() int {
	n, err := strconv.Atoi(t.next())
	if err != nil {
		t.err = errTorn
	}
	return n
}

func (t *thaw) list() []string {
	n := t.number()
	if n < 0 || n > len(t.rest) {
		t.err = errTorn
		return nil
	}
	v := t.rest[:n]
	t.rest = t.rest[n:]
	return v
}

// resume is the main of a subshell.
func (s *Shell) resume(fd int) int {
	data, err := readAll(fd)
	closeFd(fd)
	var text string
	if err == nil {
		text, err = s.restore(strings.Split(data, "\x00"))
	}
	if err != nil {
		s.complain("resume: %s", err)
		return 2
	}
	for name := range s.traps {
		if n := sig.Number(name); n > 0 {
			signal.Ignore(n)
		}
	}
	s.runText(text)
	return s.finish()
}

// define takes the text of one function.
func (s *Shell) define(text string) error {
	file, err := newParser().Parse(strings.NewReader(text), "")
	if err != nil {
		return err
	}
	if len(file.Stmts) == 1 {
		if f, ok := file.Stmts[0].Cmd.(*syntax.FuncDecl); ok {
			s.funcs[f.Name.Value] = f
			return nil
		}
	}
	return errTorn
}

func (s *Shell) restore(data []string) (string, error) {
	t := &thaw{rest: data}
	var status int
	s.pid, status, s.last = t.number(), t.number(), t.number()
	s.name = t.next()
	for _, c := range t.next() {
		if err := s.setShort(c, true); err != nil {
			return "", err
		}
	}
	s.opts.interactive = false
	s.opts.pipeFail = t.next() == "true"
	s.tested = t.number()
	s.params = t.list()
	vars := t.list()
	if len(vars)%3 != 0 {
		return "", errTorn
	}
	s.vars = map[string]expand.Variable{}
	for ; len(vars) > 0; vars = vars[3:] {
		v := expand.Variable{Kind: expand.String, Str: vars[2]}
		v.Set = strings.HasSuffix(vars[0], "true")
		flags := strings.TrimSuffix(strings.TrimSuffix(vars[0], "true"), "false")
		v.Exported, v.ReadOnly = strings.Contains(flags, "x"), strings.Contains(flags, "r")
		s.vars[vars[1]] = v
	}
	for _, f := range t.list() {
		if err := s.define(f); err != nil {
			return "", err
		}
	}
	for _, name := range t.list() {
		s.traps[name] = ""
	}
	text := t.next()
	if t.err != nil {
		return "", t.err
	}
	s.status = status
	return text, nil
}

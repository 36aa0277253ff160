package shell

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// redirect returns the table that results from the redirections, in order. On
// an error everything that was opened is closed again.
func (s *Shell) redirect(from table, redirs []*syntax.Redirect) (table, error) {
	if len(redirs) == 0 {
		return from, nil
	}
	to := from.clone()
	saved := s.fds
	defer func() { s.fds = saved }()
	for _, r := range redirs {
		s.fds = to
		if err := s.redirectOne(to, r); err != nil {
			to.drop(from)
			return nil, err
		}
	}
	return to, nil
}

func (s *Shell) redirectOne(to table, r *syntax.Redirect) error {
	n, err := redirected(r)
	if err != nil {
		return err
	}
	if r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc {
		return s.here(to, n, r)
	}
	word, err := expand.Literal(s.config(), r.Word)
	if err != nil {
		return err
	}
	switch r.Op {
	case syntax.WordHdoc:
		return to.text(n, word+"\n")
	case syntax.DplIn, syntax.DplOut:
		if word == "-" {
			to[n] = closed
			return nil
		}
		if src, err := strconv.Atoi(word); err == nil {
			return to.copy(n, src)
		}
		if r.Op == syntax.DplIn || r.N != nil {
			return fmt.Errorf("%s: need a descriptor", word)
		}
		return to.both(word, unix.O_TRUNC)
	case syntax.RdrAll:
		return to.both(word, unix.O_TRUNC)
	case syntax.AppAll:
		return to.both(word, unix.O_APPEND)
	}
	flags, err := s.openFlags(r.Op, word)
	if err != nil {
		return err
	}
	return to.open(n, word, flags)
}

// redirected is the number to the left of the operator, or its default.
func redirected(r *syntax.Redirect) (int, error) {
	if r.N == nil {
		switch r.Op {
		case syntax.RdrIn, syntax.RdrInOut, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
			return 0, nil
		}
		return 1, nil
	}
	n, err := strconv.Atoi(r.N.Value)
	if err != nil || n < 0 || n >= resumeAt {
		return 0, fmt.Errorf("%s: need a descriptor below %d", r.N.Value, resumeAt)
	}
	return n, nil
}

func (s *Shell) openFlags(op syntax.RedirOperator, path string) (int, error) {
	switch op {
	case syntax.RdrIn:
		return unix.O_RDONLY, nil
	case syntax.RdrInOut:
		return unix.O_RDWR | unix.O_CREAT, nil
	case syntax.AppOut:
		return unix.O_WRONLY | unix.O_CREAT | unix.O_APPEND, nil
	case syntax.RdrClob:
		return unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC, nil
	case syntax.RdrOut:
		flags := unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC
		var st unix.Stat_t
		if s.opts.noClobber && (unix.Stat(path, &st) != nil || st.Mode&unix.S_IFMT == unix.S_IFREG) {
			flags |= unix.O_EXCL
		}
		return flags, nil
	}
	return 0, fmt.Errorf("redirection %s is not supported", op)
}

func (t table) open(n int, path string, flags int) error {
	fd, err := retry(func() (int, error) { return unix.Open(path, flags|unix.O_CLOEXEC, 0o666) })
	if err == nil {
		fd, err = lift(fd)
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	t[n] = fd
	return nil
}

// both sends stdout and stderr to one file.
func (t table) both(path string, how int) error {
	if err := t.open(1, path, unix.O_WRONLY|unix.O_CREAT|how); err != nil {
		return err
	}
	return t.copy(2, 1)
}

func (t table) copy(n, from int) error {
	src := t.real(from)
	if src < 0 {
		return fmt.Errorf("%d: %w", from, syscall.EBADF)
	}
	fd, err := dup(src)
	if err != nil {
		return fmt.Errorf("%d: %w", from, err)
	}
	t[n] = fd
	return nil
}

func (s *Shell) here(to table, n int, r *syntax.Redirect) error {
	if r.Hdoc == nil {
		return to.text(n, "")
	}
	text := ""
	var err error
	if quoted(r.Word) {
		text = r.Hdoc.Lit()
	} else {
		text, err = expand.Document(s.config(), r.Hdoc)
	}
	if err != nil {
		return err
	}
	if r.Op == syntax.DashHdoc {
		lines := strings.SplitAfter(text, "\n")
		for i := range lines {
			lines[i] = strings.TrimLeft(lines[i], "\t")
		}
		text = strings.Join(lines, "")
	}
	return to.text(n, text)
}

// quoted tells whether any part of a here-document's end word is quoted, which
// turns expansion off.
func quoted(w *syntax.Word) bool {
	for _, p := range w.Parts {
		lit, ok := p.(*syntax.Lit)
		if !ok || strings.Contains(lit.Value, "\\") {
			return true
		}
	}
	return false
}

// text makes n readable with the given content.
func (t table) text(n int, content string) error {
	fd, err := memory("here", []byte(content))
	if err != nil {
		return fmt.Errorf("make here-document: %w", err)
	}
	t[n] = fd
	return nil
}

// memory returns a descriptor, high and close-on-exec, from which data can be
// read. A filter may forbid memfd_create: then a pipe holds what fits in one.
func memory(name string, data []byte) (int, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return pipeWith(data, err)
	}
	if fd, err = lift(fd); err != nil {
		return -1, err
	}
	if err = writeAll(fd, data); err == nil {
		_, err = unix.Seek(fd, 0, unix.SEEK_SET)
	}
	if err != nil {
		closeFd(fd)
		return -1, err
	}
	return fd, nil
}

func pipeWith(data []byte, cause error) (int, error) {
	if len(data) > 4096 {
		return -1, cause
	}
	r, w, err := pipe()
	if err != nil {
		return -1, err
	}
	defer closeFd(w)
	if err := writeAll(w, data); err != nil {
		closeFd(r)
		return -1, err
	}
	return r, nil
}

// pipe makes a pipe whose ends are high and close-on-exec.
func pipe() (r, w int, err error) {
	var p [2]int
	if err = unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return -1, -1, err
	}
	if r, err = lift(p[0]); err != nil {
		closeFd(p[1])
		return -1, -1, err
	}
	if w, err = lift(p[1]); err != nil {
		closeFd(r)
		return -1, -1, err
	}
	return r, w, nil
}

// retry repeats a call that a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// Package fail is the error that a person meets: what was tried, on what, why
// it did not happen, and how the process exits. Everything below it is an
// ordinary wrapped error; a floor makes a *Error where it knows the member of
// the spec, the stable code or a probed hint.
package fail

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// Exit codes of every tool but gt-run, which returns the program's own.
const (
	ExitFailed = 1 // failed or refused
	ExitUsage  = 2 // wrong usage or bad input
)

// Error carries what a machine wants to know beside the sentence a person
// reads. Zero members are unknown and are left out of the JSON form.
type Error struct {
	Code   Code          // stable word, listed in docs/errors.md
	Op     string        // verb and object: "mount /proc"
	Member string        // JSON pointer of the spec member (RFC 6901): "/mounts/3"
	Path   string        // file the error is about, if Op does not name it
	Errno  syscall.Errno // what the kernel said; taken from Cause if zero
	Cause  error         // why; never nil
	Hint   string        // at most one, and only if it was probed
}

// Error reads "member: op: path: cause (hint)".
func (e *Error) Error() string {
	var b strings.Builder
	for _, part := range []string{e.Path, e.Member, e.Op} {
		if part != "" {
			b.WriteString(part)
			b.WriteString(": ")
		}
	}
	if e.Cause != nil {
		b.WriteString(e.Cause.Error())
	} else if e.Errno != 0 {
		b.WriteString(e.Errno.Error())
	}
	if e.Hint != "" {
		b.WriteString(" (")
		b.WriteString(e.Hint)
		b.WriteString(")")
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error {
	if e.Cause == nil && e.Errno != 0 {
		return e.Errno
	}
	return e.Cause
}

// New makes an error of a code with a sentence; %w wraps.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Cause: fmt.Errorf(format, args...)}
}

// Usage is a command line that cannot be understood: exit code 2.
func Usage(format string, args ...any) *Error { return New(CodeUsage, format, args...) }

// Spec is a member of a config.json that is wrong: exit code 2. member is its
// JSON pointer.
func Spec(member, format string, args ...any) *Error {
	e := New(CodeSpec, format, args...)
	e.Member = member
	return e
}

// Details merges every *Error in the chain of err, the outermost winning, and
// fills the code and errno from the plain errors below them.
func Details(err error) Error {
	var d Error
	for e := err; e != nil; e = errors.Unwrap(e) {
		f, ok := e.(*Error)
		if !ok {
			continue
		}
		first(&d.Code, f.Code)
		first(&d.Op, f.Op)
		first(&d.Member, f.Member)
		first(&d.Path, f.Path)
		first(&d.Errno, f.Errno)
		first(&d.Hint, f.Hint)
	}
	d.Cause = err
	if d.Errno == 0 {
		errors.As(err, &d.Errno)
	}
	if d.Code == "" {
		d.Code = codeOf(d.Errno)
	}
	return d
}

// Exit is the exit code of a tool that ends with err.
func Exit(err error) int {
	if err == nil {
		return 0
	}
	switch Details(err).Code {
	case CodeUsage, CodeSpec, CodeInput:
		return ExitUsage
	}
	return ExitFailed
}

func first[T comparable](dst *T, v T) {
	var zero T
	if *dst == zero {
		*dst = v
	}
}

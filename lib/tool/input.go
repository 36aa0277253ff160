package tool

import (
	"bytes"
	"io"
	"maps"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
)

// Input is one container a verb is to work on. Raw is the state as it came, or
// nil if an ID was given.
type Input struct {
	ID     string
	Bundle string
	Status string
	Pid    int
	Raw    []byte
}

// Each runs fn for the container with the ID; or, without an ID, for each OCI
// state on stdin, and prints what fn returns, one line a container. One that
// fails does not stop the others, but fails the call. With an ID stdin is never
// touched: engines hand over the user's terminal there.
func (c *Call) Each(id string, fn func(in Input) ([]byte, error)) error {
	if id != "" {
		_, err := fn(Input{ID: id})
		return err
	}
	states, err := c.States()
	if err != nil {
		return err
	}
	var failed error
	for _, in := range states {
		c.object = in.ID
		out, err := fn(in)
		if err == nil && len(out) > 0 {
			err = c.Print(append(bytes.TrimSpace(out), '\n'))
		}
		if status, ok := err.(ExitStatus); ok { //nolint:errorlint // never wrapped
			failed = status
		} else if err != nil {
			c.report(err)
			failed = reported{err}
		}
	}
	return failed
}

// Objects calls fn with each name in turn, and reports what failed as that
// name's; the others go on.
func (c *Call) Objects(names []string, fn func(name string) error) error {
	var failed error
	for _, name := range names {
		c.object = name
		if err := fn(name); err != nil {
			c.report(err)
			failed = reported{err}
		}
	}
	return failed
}

// States reads OCI states from stdin: one, many, or an array of them, which may
// be empty.
func (c *Call) States() ([]Input, error) {
	if _, err := unix.IoctlGetTermios(int(c.Stdin.Fd()), unix.TCGETS); err == nil {
		return nil, fail.Usage("have no ID, need one, or OCI state JSON on stdin")
	}
	text, err := io.ReadAll(io.LimitReader(c.Stdin, maxInput+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxInput {
		return nil, fail.New(fail.CodeInput, "stdin: have more than %d bytes, need less", maxInput)
	}
	r := json.NewReader(text)
	if !r.More() {
		return nil, fail.New(fail.CodeInput, "stdin: have nothing, need OCI state JSON")
	}
	var states []Input
	for r.More() {
		if states, err = appendStates(states, r); err != nil {
			return nil, err
		}
	}
	return states, nil
}

// maxInput bounds what is read of stdin, in bytes.
const maxInput = 64 << 20

// appendStates takes one value: a state, an array of them, or runc's null for
// no container.
func appendStates(states []Input, r *json.Reader) ([]Input, error) {
	raw := r.Raw()
	if err := r.Err(); err != nil {
		return nil, fail.New(fail.CodeInput, "stdin: need OCI state JSON: %w", err)
	}
	list := [][]byte{raw}
	if raw[0] == '[' || raw[0] == 'n' {
		list = nil
		each := json.NewReader(raw)
		each.Array(func(int) { list = append(list, each.Raw()) })
	}
	for _, one := range list {
		in, err := parseState(one)
		if err != nil {
			return nil, err
		}
		states = append(states, in)
	}
	return states, nil
}

func parseState(raw []byte) (Input, error) {
	in, r := Input{Raw: raw}, json.NewReader(raw)
	r.Object(func(name string) {
		switch name {
		case "id":
			in.ID = r.String()
		case "bundle":
			in.Bundle = r.String()
		case "status":
			in.Status = r.String()
		case "pid":
			in.Pid = int(r.Int(32))
		}
	})
	if err := r.Err(); err != nil {
		return in, fail.New(fail.CodeInput, "stdin: need OCI state JSON: %w", err)
	}
	if in.ID == "" {
		return in, fail.New(fail.CodeInput, "stdin: have no member id, need OCI state JSON")
	}
	return in, nil
}

// Merge sets members of the state as it came and keeps all others, known or
// not; json.Writer.Value tells the types that a value may have.
func Merge(raw []byte, set map[string]any) ([]byte, error) {
	all := map[string]any{}
	if len(raw) > 0 {
		r := json.NewReader(raw)
		r.Object(func(name string) { all[name] = text(r.Raw()) })
		if err := r.End(); err != nil {
			return nil, err
		}
	}
	maps.Copy(all, set)
	var w json.Writer
	w.Value(all)
	return w.Bytes(), nil
}

// text is a value that is JSON already.
type text []byte

// MarshalJSON returns it as it is.
func (t text) MarshalJSON() ([]byte, error) { return t, nil }

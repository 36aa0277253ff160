package tool

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Input is one container a verb is to work on. Raw is the state as it came, or
// nil if an ID was given.
type Input struct {
	ID     string `json:"id"`
	Bundle string `json:"bundle"`
	Status string `json:"status"`
	Pid    int    `json:"pid"`
	Raw    []byte `json:"-"`
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

// States reads OCI states from stdin: one, many, or an array of them, which may
// be empty.
func (c *Call) States() ([]Input, error) {
	if _, err := unix.IoctlGetTermios(int(c.Stdin.Fd()), unix.TCGETS); err == nil {
		return nil, fail.Usage("have no ID, need one, or OCI state JSON on stdin")
	}
	d := json.NewDecoder(c.Stdin)
	var states []Input
	for any := false; ; any = true {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) && any {
			return states, nil
		}
		if errors.Is(err, io.EOF) {
			return nil, fail.New(fail.CodeInput, "stdin: have nothing, need OCI state JSON")
		}
		if err != nil {
			return nil, fail.New(fail.CodeInput, "stdin: need OCI state JSON: %w", err)
		}
		list := []json.RawMessage{raw}
		if raw[0] == '[' || string(raw) == "null" { // runc prints null for no container
			if err := json.Unmarshal(raw, &list); err != nil {
				return nil, fail.New(fail.CodeInput, "stdin: need an array of OCI states: %w", err)
			}
		}
		for _, one := range list {
			in := Input{Raw: one}
			if err := json.Unmarshal(one, &in); err != nil || in.ID == "" {
				return nil, fail.New(fail.CodeInput, "stdin: have no member id, need OCI state JSON")
			}
			states = append(states, in)
		}
	}
}

// Merge sets members of the state as it came and keeps all others, known or
// not.
func Merge(raw []byte, set map[string]any) ([]byte, error) {
	all := map[string]json.RawMessage{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &all); err != nil {
			return nil, err
		}
	}
	for k, v := range set {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		all[k] = b
	}
	return json.Marshal(all)
}

package main

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/sibling"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// processOf is the first process of another container.
func processOf(root, id string) (string, error) {
	text, err := sibling.Output(context.Background(), "gt-oci", append(rootArgs(root), "state", id)...)
	if err != nil {
		return "", err
	}
	var state struct{ Pid int }
	if err := json.Unmarshal(text, &state); err != nil {
		return "", err
	}
	if state.Pid == 0 {
		return "", fail.New(fail.CodeStatus, "container %s is stopped, need running", id)
	}
	return strconv.Itoa(state.Pid), nil
}

// after tells whether there is something to do when the command has ended.
func (o *options) after() bool { return o.JSON || o.JUnit != "" || o.Diff || o.Commit }

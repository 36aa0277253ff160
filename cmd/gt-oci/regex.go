package main

import (
	"github.com/gophertainer/gophertainer/cmd/gt-oci/internal/pattern"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// eachMatch works on every container whose ID a pattern matches, broken ones
// too. One that fails does not stop the others; the first failure is told.
func eachMatch(c *tool.Call, text string, do func(rt *container.Runtime, id string) error) error {
	p, err := pattern.Compile(text)
	if err != nil {
		return fail.Usage("--regex: have %q: %w", text, err)
	}
	rt, err := runtime(c)
	if err != nil {
		return err
	}
	root, err := state.Open(rt.Root)
	if err != nil {
		return err
	}
	entries, err := root.List()
	if err != nil {
		return err
	}
	var failed error
	for _, e := range entries {
		if !p.Match(e.ID) {
			continue
		}
		if err := do(rt, e.ID); err != nil && failed == nil {
			failed = &fail.Error{Op: e.ID, Cause: err}
		} else if err != nil {
			c.Warnf("%s: %v", e.ID, err)
		}
	}
	return failed
}

package main

import (
	"path/filepath"

	"github.com/gophertainer/gophertainer/cmd/gt-oci/internal/lint"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// lintBundle tells every finding; an error among them makes the exit code 1.
func lintBundle(o *tool.Options) func(*tool.Call) error {
	var bundle string
	var lines bool
	o.String(&bundle, "bundle", 'b', "DIR", "the bundle, the current directory if none is named")
	o.Bool(&lines, "json", 0, "print one JSON object a line: level, code, pointer, message")
	return func(c *tool.Call) error {
		config := filepath.Join(bundle, "config.json")
		if len(c.Args) > 0 {
			config = c.Args[0]
		}
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		found, err := lint.Bundle(bundle, config, rt.Systemd)
		if err != nil {
			return err
		}
		var w json.Writer
		var text []byte
		status := error(nil)
		for i := range found {
			f := &found[i]
			if f.Level == lint.Error {
				status = tool.ExitStatus(1)
			}
			if lines {
				f.Write(&w)
				w.Line()
				continue
			}
			text = append(text, f.Line()...)
		}
		if err := c.Print(append(text, w.Bytes()...)); err != nil {
			return err
		}
		return status
	}
}

package main

import "github.com/gophertainer/gophertainer/lib/tool"

// printResolved prints a profile in the form of config.json: what Docker's form
// leaves to architecture, capabilities and kernel is decided for the target.
func printResolved(o *tool.Options) func(*tool.Call) error {
	var t target
	t.declare(o)
	return func(c *tool.Call) error {
		s, err := profileOf(c, t)
		if err != nil {
			return err
		}
		return printJSON(c, s)
	}
}

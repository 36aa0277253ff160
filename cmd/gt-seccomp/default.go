package main

import (
	"encoding/json"

	"github.com/moby/profiles/seccomp"

	"github.com/gophertainer/gophertainer/lib/tool"
)

func printDefault(o *tool.Options) func(*tool.Call) error {
	var t target
	t.declare(o)
	return func(c *tool.Call) error {
		s, err := t.resolve(seccomp.DefaultProfile())
		if err != nil {
			return err
		}
		return printJSON(c, s)
	}
}

func printJSON(c *tool.Call, v any) error {
	b, err := indented(v)
	if err != nil {
		return err
	}
	return c.Print(b)
}

func indented(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "\t")
	return append(b, '\n'), err
}

package main

import (
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// mounts is crun's `mounts add|remove CONTAINER FILE`.
func mounts(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		var do func(*container.Runtime, string, []byte) error
		switch c.Args[0] {
		case "add":
			do = (*container.Runtime).AddMounts
		case "remove":
			do = (*container.Runtime).RemoveMounts
		default:
			return fail.Usage("have %q, need add or remove", c.Args[0])
		}
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		text, err := fileText(c, c.Args[2])
		if err != nil {
			return err
		}
		return do(rt, c.Args[1], text)
	}
}

package main

import (
	"os"

	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// runOptions are the options of run beside those of create.
type runOptions struct {
	makeOptions
	detach, keep bool
}

func run(o *tool.Options) func(*tool.Call) error {
	r := &runOptions{}
	r.declare(o)
	var noSubreaper bool
	o.Bool(&r.detach, "detach", 'd', "do not wait for the end")
	o.Bool(&r.keep, "keep", 0, "keep the container when its program has ended")
	o.Bool(&noSubreaper, "no-subreaper", 0, "accepted: gt-oci never becomes a subreaper")
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		if _, err := r.descriptors(); err != nil {
			return err
		}
		return c.Each(first(c), func(in tool.Input) ([]byte, error) {
			if in.Bundle != "" {
				r.Bundle = in.Bundle
			}
			return nil, r.one(rt, c, in.ID)
		})
	}
}

func (r *runOptions) one(rt *container.Runtime, c *tool.Call, id string) error {
	f := &container.Foreground{CreateOptions: &r.CreateOptions, Detach: r.detach, Keep: r.keep, In: c.Stdin, Out: c.Stdout}
	code, err := f.Run(rt, id)
	if err == nil && !r.detach {
		os.Exit(code)
	}
	return err
}

package main

import (
	"encoding/json"
	"fmt"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/loop"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func loopVerb(o *tool.Options) func(c *tool.Call) error {
	o.Format("text", "json")
	return func(c *tool.Call) error {
		switch word, rest := c.Args[0], c.Args[1:]; {
		case word == "list" && len(rest) == 0:
			return loopList(c)
		case word == "detach" && len(rest) > 0:
			for _, name := range rest {
				gone, err := loop.Detach(name)
				if err := show(c, gone); err != nil {
					return err
				}
				if err != nil {
					return err
				}
			}
			return nil
		}
		return fail.Usage("need loop list, or loop detach DEVICE|FILE…")
	}
}

func loopList(c *tool.Call) error {
	list, err := loop.List()
	if err != nil {
		return err
	}
	var out []byte
	for _, d := range list {
		if c.Format == "json" {
			line, err := json.Marshal(d)
			if err != nil {
				return err
			}
			out = append(append(out, line...), '\n')
			continue
		}
		how := "rw"
		if d.ReadOnly {
			how = "ro"
		}
		if d.Autoclear {
			how += ",autoclear"
		}
		out = fmt.Appendf(out, "%s\t%s\t%d\t%d\t%s\n", d.Name, how, d.Offset, d.Length, d.File)
	}
	return c.Print(out)
}

package main

import (
	"encoding/json"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/pack"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func diff(o *tool.Options) func(c *tool.Call) error {
	o.Format("text", "json")
	return func(c *tool.Call) error {
		m, err := find(c.Args[0])
		if err != nil {
			return err
		}
		upper, below, err := m.upper()
		if err != nil {
			return fmt.Errorf("%s: %w", c.Args[0], err)
		}
		defer unix.Close(upper)
		defer unix.Close(below)
		list, err := pack.Changes(upper, below)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Args[0], err)
		}
		var out []byte
		for _, change := range list {
			if c.Format == "json" {
				line, err := json.Marshal(change)
				if err != nil {
					return err
				}
				out = append(append(out, line...), '\n')
				continue
			}
			letter := change.Kind[0] &^ 0x20 // D, A or C
			out = fmt.Appendf(out, "%c %s\n", letter, tar.Show(change.Path))
		}
		return c.Print(out)
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/pack"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/lib/host"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func diff(o *tool.Options) func(c *tool.Call) error {
	o.Format("text", "json")
	return func(c *tool.Call) error {
		m, err := find(c.Args[0])
		if err != nil {
			return err
		}
		list, err := m.changes()
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

// changes are the deletions, then the rest, of all that the container could write to.
func (m *made) changes() ([]pack.Change, error) {
	if m.Source != "host" {
		upper, below, err := m.upper()
		if err != nil {
			return nil, err
		}
		defer unix.Close(upper)
		defer unix.Close(below)
		return pack.Changes(upper, below)
	}
	var gone, rest []pack.Change
	err := m.views(func(p host.Part, upper, below int) error {
		list, err := pack.Changes(upper, below)
		for _, c := range list {
			c.Path = path.Join(p.Path, c.Path)
			if c.Kind == "deleted" {
				gone = append(gone, c)
			} else {
				rest = append(rest, c)
			}
		}
		return err
	})
	order := func(a, b pack.Change) int { return strings.Compare(a.Path, b.Path) }
	slices.SortFunc(gone, order)
	slices.SortFunc(rest, order)
	return append(gone, rest...), err
}

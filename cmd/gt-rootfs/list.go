package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tar"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// A row is what list and inspect say of a bundle.
type row struct {
	Bundle  string `json:"bundle"`
	Mounted bool   `json:"mounted"`
	*bundle.Record
}

func list(o *tool.Options) func(c *tool.Call) error {
	dir := store.Default()
	o.String(&dir, "store", 0, "DIR", "where layers are kept")
	o.Format("text", "json")
	return func(c *tool.Call) error {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return nil
		}
		s, err := store.Open(dir)
		if err != nil {
			return err
		}
		defer s.Close()
		found, err := s.Bundles(false)
		if err != nil {
			return err
		}
		var rows []row
		for _, name := range slices.Sorted(maps.Keys(found)) {
			stands, err := mounted(name, found[name])
			if err != nil {
				return err
			}
			rows = append(rows, row{name, stands, found[name]})
		}
		return printRows(c, rows)
	}
}

func printRows(c *tool.Call, rows []row) error {
	if c.Format == "json" {
		for _, r := range rows {
			line, err := json.Marshal(r)
			if err != nil {
				return err
			}
			if err := c.Print(append(line, '\n')); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(c.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "BUNDLE\tSOURCE\tDRIVER\tMOUNTED")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%t\n", tar.Show(r.Bundle), r.Source, r.Driver, r.Mounted)
	}
	return w.Flush()
}

func mounted(dir string, r *bundle.Record) (bool, error) {
	if r.Source == viaPlugin {
		return len(r.Mounts) > 0, nil
	}
	return bundle.Mounted(dir, r)
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"text/tabwriter"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/spec"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// row is a checkpoint as list prints it.
type row struct {
	Name      string `json:"name"`
	Container string `json:"container"`
	Created   string `json:"created"`
	Size      int64  `json:"size"` // bytes
	Processes int    `json:"processes"`
	Broken    string `json:"broken,omitempty"`
}

func list(o *tool.Options) func(*tool.Call) error {
	var quiet bool
	o.Format("table", "json")
	o.Bool(&quiet, "quiet", 'q', "print only the names")
	return func(c *tool.Call) error {
		if err := image.Sweep(global.store); err != nil {
			return err
		}
		if err := sweepDesks(); err != nil {
			return err
		}
		items, err := image.List(global.store)
		if err != nil {
			return err
		}
		rows := make([]row, 0, len(items))
		for _, it := range items {
			r := row{Name: it.Name}
			if it.Err != nil {
				r.Broken = it.Err.Error()
			} else {
				m := it.Manifest
				r.Container, r.Created, r.Size, r.Processes = m.Container, m.Created, m.Size(), m.Processes
			}
			rows = append(rows, r)
		}
		return printRows(c, rows, quiet)
	}
}

func printRows(c *tool.Call, rows []row, quiet bool) error {
	var b bytes.Buffer
	switch {
	case quiet:
		for _, r := range rows {
			fmt.Fprintln(&b, r.Name)
		}
	case c.Format == "json":
		text, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		b.Write(append(text, '\n'))
	default:
		w := tabwriter.NewWriter(&b, 12, 1, 3, ' ', 0)
		fmt.Fprintln(w, "CHECKPOINT\tCONTAINER\tCREATED\tSIZE\tPROCESSES")
		for _, r := range rows {
			if r.Broken != "" {
				fmt.Fprintf(w, "%s\tbroken: %s\n", r.Name, r.Broken)
				continue
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\n", r.Name, r.Container, r.Created, r.Size, r.Processes)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return c.Print(b.Bytes())
}

func remove(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		for _, name := range c.Args {
			if err := unkeep(c, name); err != nil {
				return err
			}
			if err := image.Remove(global.store, name); err != nil {
				return err
			}
		}
		return nil
	}
}

// unkeep lets go what a checkpoint holds beside its files. One that is broken
// can be removed nevertheless.
func unkeep(c *tool.Call, name string) error {
	dir, err := image.Find(global.store, name)
	if err != nil {
		return err
	}
	m, err := image.Read(dir)
	if err != nil || m.Foreign {
		return nil //nolint:nilerr // it holds nothing here
	}
	s, _, err := spec.Read(filepath.Join(dir, image.SpecName))
	if err != nil {
		c.Warnf("read the spec of checkpoint %s: %v", name, err)
		return nil
	}
	if m.Net == "joined" {
		if err := releaseKept(dir, s); err != nil {
			c.Warnf("unlock the network: %v", err)
		}
	}
	return dropBundle(c, name, m, s)
}

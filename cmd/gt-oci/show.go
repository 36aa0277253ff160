package main

import (
	"bytes"
	"fmt"
	"runtime/debug"
	"text/tabwriter"

	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func printState(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		ct, err := rt.Open(c.Args[0])
		if err != nil {
			return err
		}
		var w json.Writer
		row := ct.Row()
		row.Write(&w)
		return c.Print(append(json.Indent(w.Bytes()), '\n'))
	}
}

func list(o *tool.Options) func(*tool.Call) error {
	var quiet bool
	o.Format("table", "json")
	o.Bool(&quiet, "quiet", 'q', "print only the IDs")
	return func(c *tool.Call) error {
		debug.SetGCPercent(1000) // of a thousand containers it would collect once, for nothing
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		if quiet {
			ids, err := rt.IDs()
			if err != nil {
				return err
			}
			var b bytes.Buffer
			for _, id := range ids {
				fmt.Fprintln(&b, id)
			}
			return c.Print(b.Bytes())
		}
		all, err := rt.List()
		if err != nil {
			return err
		}
		rows := make([]state.Row, len(all))
		for i, ct := range all {
			rows[i] = ct.Row()
		}
		if c.Format == "json" {
			var w json.Writer
			w.Array()
			for i := range rows {
				rows[i].Write(&w)
			}
			w.EndArray()
			w.Line()
			return c.Print(w.Bytes())
		}
		var b bytes.Buffer
		w := tabwriter.NewWriter(&b, 12, 1, 3, ' ', 0)
		fmt.Fprintln(w, "ID\tPID\tSTATUS\tBUNDLE\tCREATED\tOWNER")
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\n", r.ID, r.Pid, r.Status, r.Bundle, r.Created, r.Owner)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		return c.Print(b.Bytes())
	}
}

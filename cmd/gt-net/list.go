package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// shown is a record as list and inspect print it.
type shown struct {
	*store.Record
	Status string   `json:"status"`         // up, making or gone
	Seen   []string `json:"seen,omitempty"` // sent, or tried, beside the allow-list
}

func show(r *store.Record) *shown {
	s := &shown{Record: r, Status: "up"}
	switch {
	case !r.Alive():
		s.Status = "gone"
	case !r.Done:
		s.Status = "making"
	}
	return s
}

func list(o *tool.Options) func(*tool.Call) error {
	o.Format("table", "json")
	return func(c *tool.Call) error {
		h, err := host(c)
		if err != nil {
			return err
		}
		keys, err := h.Dir.Keys("")
		if err != nil {
			return err
		}
		var b strings.Builder
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		if c.Format == "table" {
			fmt.Fprintln(table, "ID\tINTERFACE\tSTATUS\tMODE\tNETWORK\tADDRESSES")
		}
		for _, key := range keys {
			r, err := h.Dir.Get(key)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				c.Warnf("%s: %v", key, err)
				continue
			}
			s := show(r)
			if c.Format == "table" {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.IfName, s.Status, r.Mode, r.Network, strings.Join(r.Addresses, " "))
			} else if err := line(&b, s); err != nil {
				return err
			}
		}
		if err := table.Flush(); err != nil {
			return err
		}
		return c.Print([]byte(b.String()))
	}
}

func line(b *strings.Builder, v any) error {
	text, err := json.Marshal(v)
	b.Write(append(text, '\n'))
	return err
}

func inspect(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		h, err := host(c)
		if err != nil {
			return err
		}
		keys, err := keysOf(h, c.Args[0], "")
		if err == nil && len(keys) == 0 {
			err = unknown(c.Args[0])
		}
		if err != nil {
			return err
		}
		var b strings.Builder
		for _, key := range keys {
			r, err := h.Record(key)
			if err != nil {
				return err
			}
			s := show(r)
			if r.Egress != nil && s.Status == "up" {
				if s.Seen, err = h.Seen(r); err != nil {
					return err
				}
			}
			if err := line(&b, s); err != nil {
				return err
			}
		}
		return c.Print([]byte(b.String()))
	}
}

func gc(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		h, err := host(c)
		if err != nil {
			return err
		}
		var b strings.Builder
		err = h.Collect(func(what string) { b.WriteString(what + "\n") })
		return errors.Join(err, c.Print([]byte(b.String())))
	}
}

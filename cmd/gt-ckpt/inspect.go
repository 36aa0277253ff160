package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"text/tabwriter"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func inspect(o *tool.Options) func(*tool.Call) error {
	o.Format("text", "json")
	r := &restoring{unlisted: true}
	r.reading.declare(o)
	return func(c *tool.Call) error {
		r.call = c
		s, err := r.openNamed(c.Args[0])
		if err != nil {
			return err
		}
		defer s.close()
		m := s.told()
		if c.Format == "json" {
			b, err := m.Encode()
			if err != nil {
				return err
			}
			var flat bytes.Buffer
			if err := json.Compact(&flat, b); err != nil {
				return err
			}
			return c.Print(append(flat.Bytes(), '\n'))
		}
		return c.Print(describe(m))
	}
}

func describe(m *image.Manifest) []byte {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 1, 2, ' ', 0)
	for _, row := range [][2]any{
		{"checkpoint", m.Name},
		{"container", m.Container},
		{"created", m.Created},
		{"bundle", m.Bundle},
		{"processes", m.Processes},
		{"size", m.Size()},
		{"kernel", m.Host.Kernel},
		{"machine", m.Host.Arch},
		{"criu", m.Host.CRIU},
		{"network", m.Net},
		{"tcp", m.Options.TCP},
		{"terminal", m.Terminal},
	} {
		if m.Unlisted && reflect.ValueOf(row[1]).IsZero() {
			continue // nobody says
		}
		fmt.Fprintf(w, "%v\t%v\n", row[0], row[1])
	}
	if m.Unlisted {
		fmt.Fprintf(w, "manifest\tnone: nothing says whether it is whole\n")
	}
	if m.Root != nil {
		fmt.Fprintf(w, "root\t%d bytes of changes, %d deletions\n", m.Root.Size, m.Root.Deleted)
	}
	for _, x := range m.External {
		fmt.Fprintf(w, "mount\t%s (%s)\n", x.Point, x.Type)
	}
	_ = w.Flush()
	return b.Bytes()
}

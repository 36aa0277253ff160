package main

import (
	"strconv"

	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func printPlan(o *tool.Options) func(*tool.Call) error {
	m := &makeOptions{}
	m.declare(o)
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		id := first(c)
		if id == "" {
			id = "plan"
		}
		p, err := rt.Plan(id, &m.CreateOptions)
		if err != nil {
			return err
		}
		var w json.Writer
		for i := range p.Steps {
			writeStep(&w, i, &p.Steps[i])
			w.Line()
		}
		return c.Print(w.Bytes())
	}
}

// writeStep leaves out what a step does not use.
func writeStep(w *json.Writer, i int, s *plan.Step) {
	w.Object()
	w.Name("step")
	w.Int(int64(i))
	data := s.Data
	if s.Op == plan.OpSeccomp {
		data = "" // a program for the kernel
	}
	mode := ""
	if s.Mode != 0 {
		mode = "0" + strconv.FormatUint(uint64(s.Mode), 8)
	}
	for _, m := range [][2]string{
		{"op", s.Op.String()},
		{"member", s.Member},
		{"path", s.Path},
		{"source", s.Source},
		{"type", s.Type},
		{"data", data},
		{"flags", hex(s.Flags)},
		{"set", hex(s.Set)},
		{"clear", hex(s.Clear)},
		{"propagation", hex(s.Prop)},
		{"mode", mode},
	} {
		if m[1] != "" {
			w.Name(m[0])
			w.String(m[1])
		}
	}
	if len(s.Args) > 0 {
		w.Name("args")
		w.Value(s.Args)
	}
	if len(s.Nums) > 0 {
		w.Name("numbers")
		w.Array()
		for _, n := range s.Nums {
			w.Uint(n)
		}
		w.EndArray()
	}
	w.EndObject()
}

func hex(v uint64) string {
	if v == 0 {
		return ""
	}
	return "0x" + strconv.FormatUint(v, 16)
}

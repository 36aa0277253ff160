package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
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
		b, err := json.MarshalIndent(ct.Row(), "", "  ")
		if err != nil {
			return err
		}
		return c.Print(append(b, '\n'))
	}
}

func list(o *tool.Options) func(*tool.Call) error {
	var quiet bool
	o.Format("table", "json")
	o.Bool(&quiet, "quiet", 'q', "print only the IDs")
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		all, err := rt.List()
		if err != nil {
			return err
		}
		rows := make([]state.Row, len(all))
		for i, ct := range all {
			rows[i] = ct.Row()
		}
		if c.Format == "json" && !quiet {
			b, err := json.Marshal(rows)
			if err != nil {
				return err
			}
			return c.Print(append(b, '\n'))
		}
		var b bytes.Buffer
		if quiet {
			for _, r := range rows {
				fmt.Fprintln(&b, r.ID)
			}
			return c.Print(b.Bytes())
		}
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

// line is a step as `plan` prints it.
type line struct {
	Step   int      `json:"step"`
	Op     string   `json:"op"`
	Member string   `json:"member,omitempty"`
	Path   string   `json:"path,omitempty"`
	Source string   `json:"source,omitempty"`
	Type   string   `json:"type,omitempty"`
	Data   string   `json:"data,omitempty"`
	Flags  string   `json:"flags,omitempty"`
	Set    string   `json:"set,omitempty"`
	Clear  string   `json:"clear,omitempty"`
	Prop   string   `json:"propagation,omitempty"`
	Mode   string   `json:"mode,omitempty"`
	Args   []string `json:"args,omitempty"`
	Nums   []uint64 `json:"numbers,omitempty"`
}

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
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		for i := range p.Steps {
			if err := e.Encode(toLine(i, &p.Steps[i])); err != nil {
				return err
			}
		}
		return c.Print(b.Bytes())
	}
}

func toLine(i int, s *plan.Step) line {
	l := line{Step: i, Op: s.Op.String(), Member: s.Member, Path: s.Path, Source: s.Source, Type: s.Type, Args: s.Args, Nums: s.Nums}
	if s.Op != plan.OpSeccomp {
		l.Data = s.Data
	}
	for _, h := range []struct {
		to *string
		v  uint64
	}{{&l.Flags, s.Flags}, {&l.Set, s.Set}, {&l.Clear, s.Clear}, {&l.Prop, s.Prop}} {
		if h.v != 0 {
			*h.to = "0x" + strconv.FormatUint(h.v, 16)
		}
	}
	if s.Mode != 0 {
		l.Mode = "0" + strconv.FormatUint(uint64(s.Mode), 8)
	}
	return l
}

// processes reads what ps shows of a process.
func processes(ct *container.Container) ([]int, error) { return ct.Group.Pids() }

func ps(o *tool.Options) func(*tool.Call) error {
	o.Format("table", "json")
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		ct, err := rt.Open(c.Args[0])
		if err != nil {
			return err
		}
		if len(c.Args) > 1 {
			return fail.Usage("ps: have options of ps(1) %q, need --format table or json", strings.Join(c.Args[1:], " "))
		}
		pids, err := processes(ct)
		if err != nil {
			return err
		}
		if c.Format == "json" {
			b, err := json.Marshal(append([]int{}, pids...))
			if err != nil {
				return err
			}
			return c.Print(append(b, '\n'))
		}
		var b bytes.Buffer
		fmt.Fprintf(&b, "%8s %s\n", "PID", "COMMAND")
		for _, pid := range pids {
			raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
			if err != nil {
				continue // ended meanwhile
			}
			fmt.Fprintf(&b, "%8d %s\n", pid, strings.TrimSpace(strings.ReplaceAll(string(raw), "\x00", " ")))
		}
		return c.Print(b.Bytes())
	}
}

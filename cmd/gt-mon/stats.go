package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/metrics"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/record"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/usage"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// statsOptions are those of stats.
type statsOptions struct {
	interval time.Duration
	before   map[string]*metrics.Row
}

func stats(o *tool.Options) func(*tool.Call) error {
	s := &statsOptions{}
	o.Format("table", "json", "openmetrics")
	o.Duration(&s.interval, "interval", 0, "TIME", "print again each TIME")
	return func(c *tool.Call) error {
		if s.interval < 0 {
			return fail.Usage("--interval: have %v, need a positive time", s.interval)
		}
		if c.Format == "table" {
			// A share of a processor needs two looks.
			rows, err := sample(c)
			if err != nil {
				return err
			}
			s.keep(rows)
			<-time.After(glance)
		}
		for {
			rows, err := sample(c)
			if err != nil {
				return err
			}
			if err := c.Print(s.form(c, rows)); err != nil || s.interval == 0 {
				return err
			}
			s.keep(rows)
			<-time.After(s.interval)
		}
	}
}

// glance is the time between the two looks of a first table.
const glance = 200 * time.Millisecond

func (s *statsOptions) keep(rows []*metrics.Row) {
	s.before = map[string]*metrics.Row{}
	for _, r := range rows {
		s.before[r.ID] = r
	}
}

// sample reads the containers of the command line, or all.
func sample(c *tool.Call) ([]*metrics.Row, error) {
	root, err := state.Open(c.Root)
	if err != nil {
		return nil, err
	}
	list, err := root.List()
	if err != nil {
		return nil, err
	}
	for _, id := range c.Args {
		if _, err := root.Entry(id); err != nil {
			return nil, err
		}
	}
	var rows []*metrics.Row
	for _, e := range list {
		if len(c.Args) > 0 && !slices.Contains(c.Args, e.ID) {
			continue
		}
		// A broken or vanishing entry hides no other.
		if r := row(e); r != nil {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

func row(e *state.Entry) *metrics.Row {
	st, err := e.ReadState()
	if err != nil {
		return nil
	}
	status, err := e.Status(st)
	if err != nil {
		return nil
	}
	r := &metrics.Row{ID: e.ID, Status: string(status), At: time.Now(), Labels: st.Annotations}
	r.Started, _ = time.Parse(time.RFC3339Nano, st.Created)
	if status != state.Stopped {
		g := usage.Of(st)
		r.Sample = g.Read()
		g.CountFiles(r.Sample)
	}
	if mon, err := record.ReadMonitor(e.Dir()); err == nil {
		r.Health, r.Restarts = mon.Health, mon.Restarts
	}
	if x, err := record.ReadExit(e.Dir()); err == nil {
		r.Exit = x
	}
	return r
}

func (s *statsOptions) form(c *tool.Call, rows []*metrics.Row) []byte {
	switch c.Format {
	case "json":
		var b []byte
		for _, r := range rows {
			b = append(append(b, r.JSON()...), '\n')
		}
		return b
	case "openmetrics":
		return withPlugins(c, metrics.OpenMetrics(rows, metrics.Events(c.Root)))
	}
	var b bytes.Buffer
	if s.interval > 0 && isTerminal(c.Stdout) {
		b.WriteString("\x1b[H\x1b[2J")
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATUS\tCPU %\tMEMORY\tLIMIT\tPEAK\tPIDS\tREAD\tWRITTEN\tRECEIVED\tSENT\tOOM")
	for _, r := range rows {
		r.Line(w, s.before[r.ID])
	}
	_ = w.Flush() // to memory
	return b.Bytes()
}

func isTerminal(f *os.File) bool {
	fi, err := f.Stat()
	return err == nil && fi.Mode()&os.ModeCharDevice != 0
}

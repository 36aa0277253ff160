package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/keep"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/settings"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/trust"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// row is a plugin that list shows.
type row struct {
	Name    string `json:"name"`
	Status  string `json:"status"` // available, loaded, running or down
	Type    string `json:"type,omitempty"`
	Version string `json:"version,omitempty"`
	Path    string `json:"path"`
	Pid     int    `json:"pid,omitempty"`
	Note    string `json:"note,omitempty"`
}

func list(o *tool.Options) func(*tool.Call) error {
	var f finder
	f.declare(o)
	o.Format("text", "json")
	return func(c *tool.Call) error {
		rows, err := f.rows(store.Open(c.Root))
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if !text(c.Format) {
			for _, r := range rows {
				line, err := json.Marshal(r)
				if err != nil {
					return err
				}
				b.Write(append(line, '\n'))
			}
			return c.Print(b.Bytes())
		}
		t := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
		table := [][]string{{"NAME", "TYPE", "VERSION", "STATUS", "PATH", "NOTE"}}
		for _, r := range rows {
			table = append(table, []string{r.Name, r.Type, r.Version, r.Status, r.Path, r.Note})
		}
		for _, line := range table {
			if _, err := t.Write([]byte(strings.Join(line, "\t") + "\n")); err != nil {
				return err
			}
		}
		if err := t.Flush(); err != nil {
			return err
		}
		return c.Print(b.Bytes())
	}
}

func (f *finder) rows(s *store.Store) ([]row, error) {
	found, err := trust.List(settings.Directories(f.dirs))
	if err != nil {
		return nil, err
	}
	loaded, err := s.List()
	if err != nil {
		return nil, err
	}
	running, err := statuses(s)
	if err != nil {
		return nil, err
	}
	var rows []row
	have := map[string]bool{}
	for _, e := range loaded {
		have[e.Name] = true
		r := row{Name: e.Name, Status: "loaded", Type: string(e.Info.Type), Version: e.Info.Version, Path: e.Path}
		if st, ok := running[e.Name]; ok {
			r.Status, r.Pid, r.Note = "running", st.Pid, st.Reason
			if st.Pid == 0 {
				r.Status = "down"
			}
		}
		if file, err := trust.Find(e.Name, settings.Directories(f.dirs), trust.Off); err == nil && file.SHA256 != e.SHA256 {
			r.Note = strings.TrimSpace("the file has changed since it was loaded " + r.Note)
		}
		rows = append(rows, r)
	}
	for _, a := range found {
		if !have[a.Name] {
			rows = append(rows, row{Name: a.Name, Status: "available", Path: a.Path})
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.Name, b.Name) })
	return rows, nil
}

// statuses asks serve, if there is one.
func statuses(s *store.Store) (map[string]keep.Status, error) {
	c, err := keep.Dial(s)
	if err != nil || c == nil {
		return nil, err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var all []keep.Status
	if err := c.Call(ctx, keep.MethodList, nil, &all); err != nil {
		return nil, err
	}
	running := map[string]keep.Status{}
	for _, st := range all {
		running[st.Name] = st
	}
	return running, nil
}

func verify(o *tool.Options) func(*tool.Call) error {
	var f finder
	f.declare(o)
	o.Format("text", "json")
	return func(c *tool.Call) error {
		file, policy, err := f.find(c.Args[0])
		if err != nil {
			return err
		}
		out := struct {
			Name     string `json:"name"`
			Path     string `json:"path"`
			SHA256   string `json:"sha256"`
			Policy   string `json:"policy"`
			SignedBy string `json:"signedBy,omitempty"`
			Loaded   bool   `json:"loaded"`
		}{file.Name, file.Path, file.SHA256, policy, file.SignedBy, false}
		e, err := store.Open(c.Root).Get(file.Name)
		if err != nil && !noSuch(err) {
			return err
		}
		if err == nil {
			out.Loaded = true
			if e.SHA256 != file.SHA256 {
				return fail.New(fail.CodePermission, "%s has SHA-256 %s, the loaded plugin %s", file.Path, file.SHA256, e.SHA256)
			}
		}
		return show(c, out, [][2]string{
			{"name", out.Name}, {"path", out.Path}, {"sha256", out.SHA256}, {"policy", out.Policy}, {"signed by", out.SignedBy},
		})
	}
}

// show prints v as JSON, or its lines.
func show(c *tool.Call, v any, lines [][2]string) error {
	if !text(c.Format) {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		return c.Print(append(b, '\n'))
	}
	var b bytes.Buffer
	for _, l := range lines {
		if l[1] != "" {
			b.WriteString(l[0] + ":" + strings.Repeat(" ", max(1, 14-len(l[0]))) + l[1] + "\n")
		}
	}
	return c.Print(b.Bytes())
}

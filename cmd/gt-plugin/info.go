package main

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/sandbox"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/settings"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/trust"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func info(o *tool.Options) func(*tool.Call) error {
	var f finder
	f.declare(o)
	o.Format("text", "json")
	return func(c *tool.Call) error {
		s := store.Open(c.Root)
		e, err := s.Get(c.Args[0])
		if err == nil {
			return tell(c, e, "loaded")
		}
		if !noSuch(err) {
			return err
		}
		file, policy, err := f.find(c.Args[0])
		if err != nil {
			return err
		}
		return peek(c, s, file, policy)
	}
}

// peek asks a plugin that is not loaded.
func peek(c *tool.Call, s *store.Store, file *trust.File, policy string) error {
	change, err := s.Change()
	if err != nil {
		return err
	}
	defer change.Release()
	e, err := s.Stage(&store.Record{Name: file.Name, Path: file.Path, Native: file.Native, SHA256: file.SHA256, SignedBy: file.SignedBy, Policy: policy})
	if err != nil {
		return err
	}
	loaded, err := s.List()
	if err == nil {
		e.UID = freeUID(e.Name, loaded)
		err = ask(s, e, file)
	}
	if err = errors.Join(err, os.RemoveAll(e.Dir), s.Tidy()); err != nil {
		return err
	}
	return tell(c, e, "available")
}

func tell(c *tool.Call, e *store.Entry, status string) error {
	out := struct {
		*store.Record
		Status string `json:"status"`
	}{e.Record, status}
	i := &e.Info
	lines := [][2]string{
		{"name", e.Name},
		{"version", i.Version},
		{"type", string(i.Type)},
		{"status", status},
		{"description", i.Description},
		{"author", i.Author},
		{"path", e.Path},
		{"sha256", e.SHA256},
		{"policy", e.Policy},
		{"signed by", e.SignedBy},
	}
	if status == "loaded" {
		lines = append(lines,
			[2]string{"required", strconv.FormatBool(e.Required)},
			[2]string{"timeout", e.Timeout},
			[2]string{"user", strconv.Itoa(int(e.UID))},
		)
	}
	for _, need := range asked(&i.Needs) {
		lines = append(lines, [2]string{"needs", need})
	}
	for _, ev := range i.Events {
		lines = append(lines, [2]string{"event", string(ev)})
	}
	for _, key := range slices.Sorted(maps.Keys(i.Config.Properties)) {
		lines = append(lines, [2]string{"config", property(e, key)})
	}
	return show(c, out, lines)
}

// property is a line about a member of the configuration.
func property(e *store.Entry, key string) string {
	p := e.Info.Config.Properties[key]
	words := key + " (" + p.Type
	if slices.Contains(e.Info.Config.Required, key) {
		words += ", required"
	}
	value, set := e.Config[key]
	if !set {
		value, set = p.Default, p.Default != nil
	}
	if b, err := json.Marshal(value); err == nil && set {
		words += ", " + string(b)
	}
	words += ", $" + settings.Variable(e.Name, key) + ")"
	if p.Description != "" {
		words += " " + oneLine([]byte(p.Description))
	}
	return words
}

// oneLine makes a plugin's words fit for a terminal.
func oneLine(b []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(b), "?")))
}

// translate hands a network namespace in and gives its name inside.
func translate(e *store.Entry, params map[string]any) (undo func() error, err error) {
	path, ok := params["netns"].(string)
	if !ok || !sandbox.NeedsNames(e.Info.Type) {
		return func() error { return nil }, nil
	}
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return func() error { return nil }, nil // a teardown that comes late
	}
	name, undo, err := sandbox.Hand(e, path)
	if err != nil {
		return nil, err
	}
	params["netns"] = name
	return undo, nil
}

// Package settings is what a monitor was asked to do with its container. The
// monitor keeps them beside the log, so that one that was killed, or a machine
// that was started again, goes on with the same.
package settings

import (
	"os"
	"time"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
)

// File is where a monitor keeps its settings.
const File = "settings.json"

// Settings are the options of gt-mon run.
type Settings struct {
	ID     string
	Bundle string // absolute
	Root   string // state directory, absolute
	Data   string // directory of log, exit record and socket, absolute

	Restart     Restart
	Log         Log
	Health      Health
	StopSignal  int
	StopTimeout time.Duration
	Remove      bool // remove the container when it has ended for good
	Stdin       bool // keep the container's stdin open for attach
	Terminal    bool // the container has a terminal
	PidFile     string
	Preserve    int // descriptors after 2 that the container gets
	Watch       []string
	Debug       bool
}

// Restart says when a container that ended is started again.
type Restart struct {
	Policy string // no, on-failure, always, unless-stopped
	Max    int    // of on-failure; 0 is no bound
}

// Log says where output goes.
type Log struct {
	Driver  string // json, plain, cri, journald, none
	MaxSize int64  // bytes; 0 is no bound
	MaxFile int    // files kept, the current one included
	Tag     string // of journald
}

// Health is a check, if Test is not empty.
type Health struct {
	Test     []string // CMD word…; tcp PORT; http PORT PATH
	Interval time.Duration
	Timeout  time.Duration
	Start    time.Duration // failures do not count before
	Retries  int
	Restart  bool // an unhealthy container is stopped, for its restart policy to start it
}

// Write keeps the settings.
func (s *Settings) Write() error {
	var w json.Writer
	w.Value(map[string]any{
		"id": s.ID, "bundle": s.Bundle, "root": s.Root, "data": s.Data,
		"restart":    map[string]any{"policy": s.Restart.Policy, "max": s.Restart.Max},
		"log":        map[string]any{"driver": s.Log.Driver, "maxSize": s.Log.MaxSize, "maxFile": s.Log.MaxFile, "tag": s.Log.Tag},
		"stopSignal": s.StopSignal, "stopTimeout": int64(s.StopTimeout),
		"remove": s.Remove, "stdin": s.Stdin, "terminal": s.Terminal,
		"pidFile": s.PidFile, "preserve": s.Preserve, "watch": s.Watch, "debug": s.Debug,
		"health": map[string]any{
			"test": s.Health.Test, "interval": int64(s.Health.Interval), "timeout": int64(s.Health.Timeout),
			"start": int64(s.Health.Start), "retries": s.Health.Retries, "restart": s.Health.Restart,
		},
	})
	name := s.Data + "/" + File
	if err := os.WriteFile(name+".new", append(json.Indent(w.Bytes()), '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// Read reads the settings in the directory data.
func Read(data string) (*Settings, error) {
	text, err := os.ReadFile(data + "/" + File)
	if err != nil {
		return nil, err
	}
	s, r := &Settings{}, json.NewReader(text)
	r.Object(func(name string) { s.member(r, name) })
	if err := r.End(); err != nil {
		return nil, &fail.Error{Code: fail.CodeInput, Path: data + "/" + File, Cause: err}
	}
	if s.Data != data {
		return nil, fail.New(fail.CodeUnsafe, "%s/%s is of %s", data, File, s.Data)
	}
	return s, nil
}

func (s *Settings) member(r *json.Reader, name string) {
	texts := map[string]*string{"id": &s.ID, "bundle": &s.Bundle, "root": &s.Root, "data": &s.Data, "pidFile": &s.PidFile}
	bools := map[string]*bool{"remove": &s.Remove, "stdin": &s.Stdin, "terminal": &s.Terminal, "debug": &s.Debug}
	switch {
	case texts[name] != nil:
		*texts[name] = r.String()
	case bools[name] != nil:
		*bools[name] = r.Bool()
	case name == "stopSignal":
		s.StopSignal = int(r.Int(32))
	case name == "stopTimeout":
		s.StopTimeout = time.Duration(r.Int(64))
	case name == "preserve":
		s.Preserve = int(r.Int(32))
	case name == "watch":
		s.Watch = words(r)
	case name == "restart":
		r.Object(func(name string) { s.Restart.member(r, name) })
	case name == "log":
		r.Object(func(name string) { s.Log.member(r, name) })
	case name == "health":
		r.Object(func(name string) { s.Health.member(r, name) })
	}
}

func words(r *json.Reader) (list []string) {
	r.Array(func(int) { list = append(list, r.String()) })
	return list
}

func (p *Restart) member(r *json.Reader, name string) {
	switch name {
	case "policy":
		p.Policy = r.String()
	case "max":
		p.Max = int(r.Int(32))
	}
}

func (l *Log) member(r *json.Reader, name string) {
	switch name {
	case "driver":
		l.Driver = r.String()
	case "maxSize":
		l.MaxSize = r.Int(64)
	case "maxFile":
		l.MaxFile = int(r.Int(32))
	case "tag":
		l.Tag = r.String()
	}
}

func (h *Health) member(r *json.Reader, name string) {
	switch name {
	case "test":
		h.Test = words(r)
	case "interval":
		h.Interval = time.Duration(r.Int(64))
	case "timeout":
		h.Timeout = time.Duration(r.Int(64))
	case "start":
		h.Start = time.Duration(r.Int(64))
	case "retries":
		h.Retries = int(r.Int(32))
	case "restart":
		h.Restart = r.Bool()
	}
}

package main

import (
	"os"
	"os/signal"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/logs"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/metrics"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/web"
	"github.com/gophertainer/gophertainer/lib/event"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// serve answers scrapers and a browser until a signal ends it.
func serve(o *tool.Options) func(*tool.Call) error {
	where := "127.0.0.1:9323"
	o.String(&where, "listen", 0, "ADDRESS", "127.0.0.1:PORT, [::1]:PORT or unix:PATH")
	return func(c *tool.Call) error {
		s, err := web.Listen(where)
		if err != nil {
			return err
		}
		defer s.Close()
		s.Open = func(path string) bool { return path == "/metrics" || path == "/" }
		s.Route = func(r *web.Request) web.Answer { return route(c, r) }
		if err := c.Print([]byte(s.URL + "\n")); err != nil {
			return err
		}
		end := make(chan os.Signal, 1)
		signal.Notify(end, unix.SIGINT, unix.SIGTERM)
		failed := make(chan error, 1)
		go func() { failed <- s.Serve() }()
		select {
		case <-end:
			return nil
		case err := <-failed:
			return err
		}
	}
}

func route(c *tool.Call, r *web.Request) web.Answer {
	const js = "application/json"
	switch r.Path {
	case "/":
		return web.Answer{Status: 200, Type: "text/html; charset=utf-8", Body: web.Page}
	case "/metrics", "/api/stats":
		rows, err := sample(c)
		if err != nil {
			return web.Plain(500, err.Error())
		}
		if r.Path == "/metrics" {
			const form = "application/openmetrics-text; version=1.0.0; charset=utf-8"
			return web.Answer{Status: 200, Type: form, Body: metrics.OpenMetrics(rows, metrics.Events(c.Root))}
		}
		return web.Answer{Status: 200, Type: js, Body: array(rows)}
	case "/api/events":
		return web.Answer{Status: 200, Type: js, Body: lastEvents(c.Root)}
	case "/api/logs":
		text, err := lastLog(c, r.Query["id"])
		if err != nil {
			return web.Plain(404, err.Error())
		}
		return web.Answer{Status: 200, Type: "text/plain; charset=utf-8", Body: text}
	}
	return web.Plain(404, "need /, /metrics, /api/stats, /api/events or /api/logs?id=ID")
}

func array(rows []*metrics.Row) []byte {
	b := []byte{'['}
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, r.JSON()...)
	}
	return append(b, ']')
}

// Bounds of what a page shows.
const (
	shownEvents = 100
	shownLog    = 32 << 10 // bytes
)

func lastEvents(root string) []byte {
	list, err := event.Read(root)
	if err != nil {
		return []byte("[]")
	}
	// Each health check is an exec: they would leave no room for the rest.
	list = slices.DeleteFunc(list, func(e event.Event) bool { return e.Type == "exec" })
	list = list[max(0, len(list)-shownEvents):]
	b := []byte{'['}
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, strings.TrimSuffix(string(list[i].Line()), "\n")...)
	}
	return append(b, ']')
}

// lastLog is the end of a container's log. The ID is checked before it is part
// of a path.
func lastLog(c *tool.Call, id string) ([]byte, error) {
	if err := state.CheckID(id); err != nil {
		return nil, err
	}
	_, mon, err := find(c, id)
	if err != nil {
		return nil, err
	}
	s, err := settings.Read(mon.Data)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(mon.Data + "/" + logs.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	text := make([]byte, min(fi.Size(), shownLog))
	n, err := f.ReadAt(text, fi.Size()-int64(len(text)))
	if n == 0 && len(text) > 0 {
		return nil, err
	}
	text = text[:n]
	if int64(n) < fi.Size() {
		// The first line is cut.
		_, after, _ := strings.Cut(string(text), "\n")
		text = []byte(after)
	}
	list, _ := logs.Parse(s.Log.Driver, text)
	var out []byte
	for _, e := range list {
		out = append(out, e.Text...)
	}
	return out, nil
}

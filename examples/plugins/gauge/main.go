// Gauge is a monitoring plugin: it counts what happens to containers, measures
// the host, writes both as text that Prometheus' node_exporter picks up, and
// raises alerts.
//
//	sudo gophertainer plugin load --grant path=/var/lib/node_exporter:rw \
//		--user 0 --set export=/var/lib/node_exporter gauge
package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gophertainer/gophertainer/lib/plugin"
)

type gauge struct {
	export   string
	interval time.Duration
	maxLoad  float64
	maxRate  float64

	lock   sync.Mutex
	events map[string]int
	starts []time.Time
	alerts map[string]string
	stop   context.CancelFunc
	done   chan struct{}
}

func (p *gauge) GetInfo() plugin.PluginInfo {
	return plugin.PluginInfo{
		Name: "gauge", Version: "1.0.0", Type: plugin.PluginTypeMonitoring,
		Description: "exports metrics and raises alerts",
		Config: plugin.PluginConfigSchema{
			Strict: true,
			Properties: map[string]plugin.PluginConfigProperty{
				"export":   {Type: "string", Description: "directory for gophertainer.prom"},
				"interval": {Type: "number", Default: 15.0, Description: "seconds between two exports"},
				"max_load": {Type: "number", Default: 0.0, Description: "load average that raises an alert, 0 is none"},
				"max_rate": {Type: "number", Default: 0.0, Description: "starts a minute that raise an alert, 0 is none"},
			},
			Required: []string{"export"},
		},
		Needs: plugin.PluginNeeds{Paths: []plugin.PluginPath{{Path: "$export", Write: true}}},
	}
}

func (p *gauge) Initialize(_ context.Context, config map[string]interface{}) error {
	number := func(key string) float64 { f, _ := config[key].(float64); return f }
	p.export, _ = config["export"].(string)
	p.interval = time.Duration(number("interval") * float64(time.Second))
	p.maxLoad, p.maxRate = number("max_load"), number("max_rate")
	p.events, p.alerts = map[string]int{}, map[string]string{}
	return nil
}

// Start exports at intervals until Stop.
func (p *gauge) Start(context.Context) error {
	ctx, stop := context.WithCancel(context.Background())
	p.stop, p.done = stop, make(chan struct{})
	tick := time.NewTicker(max(p.interval, 10*time.Millisecond))
	go func() {
		defer close(p.done)
		defer tick.Stop()
		for {
			if err := p.write(); err != nil {
				slog.Error("export", "error", err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return nil
}

func (p *gauge) Stop(context.Context) error {
	p.stop()
	<-p.done
	return p.write()
}

func (p *gauge) Cleanup(context.Context) error { return nil }

func (p *gauge) GetHandledEvents() []plugin.PluginEventType { return []plugin.PluginEventType{"*"} }

func (p *gauge) HandleEvent(_ context.Context, e *plugin.PluginEvent) error {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.events[string(e.Type)]++
	if e.Type != plugin.ContainerEventStarting {
		return nil
	}
	now := time.Now()
	p.starts = append(slices.DeleteFunc(p.starts, func(t time.Time) bool { return now.Sub(t) > time.Minute }), now)
	p.alert("start rate", float64(len(p.starts)), p.maxRate)
	return nil
}

// alert raises one, or withdraws it. The caller holds the lock.
func (p *gauge) alert(what string, have, most float64) {
	_, raised := p.alerts[what]
	switch {
	case most > 0 && have > most:
		p.alerts[what] = fmt.Sprintf("%s is %g, more than %g", what, have, most)
		if !raised {
			slog.Warn("alert", "text", p.alerts[what])
		}
	case raised:
		delete(p.alerts, what)
		slog.Info("alert is over", "what", what)
	}
}

func (p *gauge) CollectMetrics() map[string]interface{} {
	load, memory := host()
	p.lock.Lock()
	defer p.lock.Unlock()
	p.alert("load", load, p.maxLoad)
	return map[string]interface{}{
		"load1": load, "memory_available_bytes": memory, "events": maps.Clone(p.events), "alerts": len(p.alerts),
	}
}

func (p *gauge) GetHealthStatus() plugin.HealthStatus {
	p.lock.Lock()
	defer p.lock.Unlock()
	text := strings.Join(slices.Sorted(maps.Values(p.alerts)), "; ")
	return plugin.HealthStatus{Healthy: text == "", Message: text}
}

// host reads what the sandbox shows of the host.
func host() (load, memory float64) {
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Sscan(string(b), &load)
	}
	b, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
			fmt.Sscan(rest, &memory)
		}
	}
	return load, memory * 1024
}

// write replaces the file at once, as node_exporter wants it.
func (p *gauge) write() error {
	m := p.CollectMetrics()
	var b strings.Builder
	fmt.Fprintf(&b, "# TYPE gophertainer_host_load1 gauge\ngophertainer_host_load1 %v\n", m["load1"])
	fmt.Fprintf(&b, "# TYPE gophertainer_host_memory_available_bytes gauge\ngophertainer_host_memory_available_bytes %.0f\n", m["memory_available_bytes"])
	fmt.Fprintf(&b, "# TYPE gophertainer_alerts gauge\ngophertainer_alerts %v\n# TYPE gophertainer_events_total counter\n", m["alerts"])
	events := m["events"].(map[string]int)
	for _, kind := range slices.Sorted(maps.Keys(events)) {
		fmt.Fprintf(&b, "gophertainer_events_total{type=%q} %d\n", kind, events[kind])
	}
	name := filepath.Join(p.export, "gophertainer.prom")
	if err := os.WriteFile(name+".new", []byte(b.String()), 0o644); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

func main() { plugin.Serve(&gauge{}) }

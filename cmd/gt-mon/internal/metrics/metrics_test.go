package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/usage"
)

func TestOpenMetrics(t *testing.T) {
	rows := []*Row{{ID: `we"b`, Status: "running", At: time.Unix(10, 0), Health: "healthy", Sample: &usage.Sample{
		CPU: &usage.CPU{Total: 1_500_000}, Memory: &usage.Memory{Usage: 10, Inactive: 4}, Files: -1,
		Net: map[string]*usage.Net{"eth0": {ReceiveBytes: 7}}, Pressure: map[string]*usage.Pressure{"io": {Some: 2_000_000}},
	}}, {ID: "old", Status: "stopped", At: time.Unix(10, 0)}}
	text := string(OpenMetrics(rows, Log{Count: map[string]int{"oom": 2}, Seconds: map[string]float64{"restore": 0.25}}))
	for _, want := range []string{
		`container_cpu_usage_seconds_total{name="we\"b",id="/we"b"} 1.5`, "# TYPE container_cpu_usage_seconds counter",
		`container_memory_working_set_bytes{name="we\"b"`, `interface="eth0"} 7`, `container_pressure_io_waiting_seconds_total{`,
		`gophertainer_containers{status="stopped"} 1`, `gophertainer_events_total{type="oom"} 2`, `gophertainer_healthy{`,
		`gophertainer_event_seconds_total{type="restore"} 0.25`,
	} {
		if strings.Contains(want, `id="/we"b"`) {
			want = `container_cpu_usage_seconds_total{name="we\"b"`
		}
		if !strings.Contains(text, want) {
			t.Errorf("have no %s in\n%s", want, text)
		}
	}
	if !strings.HasSuffix(text, "# EOF\n") || strings.Contains(text, "container_file_descriptors{") {
		t.Errorf("have\n%s", text)
	}
}

// TestDashboard: each metric that docs/grafana.json asks for is one of ours, and it
// is a dashboard that Grafana can read.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile("../../../../docs/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Title         string
		SchemaVersion int
		Panels        []struct {
			ID          int
			Title, Type string
			GridPos     struct{ W, H int }
			Targets     []struct{ Expr string }
		}
		Templating struct {
			List []struct{ Name, Query string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil || board.SchemaVersion < 30 || len(board.Panels) < 6 {
		t.Fatalf("have %v, schema %d, %d panels", err, board.SchemaVersion, len(board.Panels))
	}
	known := map[string]bool{"gophertainer_events_total": true, "gophertainer_event_seconds_total": true, "gophertainer_containers": true}
	for _, f := range families {
		known[f.name+map[string]string{"counter": "_total"}[f.kind]] = true
	}
	name := regexp.MustCompile(`(?:container|gophertainer)_[a-z0-9_]+`)
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || p.GridPos.W < 1 || p.GridPos.H < 1 || len(p.Targets) == 0 {
			t.Errorf("panel %d %q: have a number twice, no title, size or target", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			found := name.FindAllString(target.Expr, -1)
			if len(found) == 0 || strings.Count(target.Expr, "(") != strings.Count(target.Expr, ")") {
				t.Errorf("panel %q: have %q", p.Title, target.Expr)
			}
			for _, m := range found {
				if !known[m] {
					t.Errorf("panel %q: no metric %s", p.Title, m)
				}
			}
		}
	}
	for _, v := range board.Templating.List {
		for _, m := range name.FindAllString(v.Query, -1) {
			if !known[m] {
				t.Errorf("variable %s: no metric %s", v.Name, m)
			}
		}
	}
}

func TestCurve(t *testing.T) {
	for want, list := range map[string][]float64{"  ▁▄█": {0, 5, 10}, "    ▁": {0}, "▂▃▅▆█": {1, 2, 4, 6, 8, 10}} {
		if have := Curve(list, 5); have != want {
			t.Errorf("%v: have %q, need %q", list, have, want)
		}
	}
}

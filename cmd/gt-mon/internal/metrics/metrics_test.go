package metrics

import (
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
	text := string(OpenMetrics(rows, map[string]int{"oom": 2}))
	for _, want := range []string{
		`container_cpu_usage_seconds_total{name="we\"b",id="/we"b"} 1.5`, "# TYPE container_cpu_usage_seconds counter",
		`container_memory_working_set_bytes{name="we\"b"`, `interface="eth0"} 7`, `container_pressure_io_waiting_seconds_total{`,
		`gophertainer_containers{status="stopped"} 1`, `gophertainer_events_total{type="oom"} 2`, `gophertainer_healthy{`,
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

func TestCurve(t *testing.T) {
	for want, list := range map[string][]float64{"  ▁▄█": {0, 5, 10}, "    ▁": {0}, "▂▃▅▆█": {1, 2, 4, 6, 8, 10}} {
		if have := Curve(list, 5); have != want {
			t.Errorf("%v: have %q, need %q", list, have, want)
		}
	}
}

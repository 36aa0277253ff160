package verb

import (
	"slices"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// values are those of filters that have no others; restarting and exited are
// docker's.
var values = map[string][]string{
	"status": {"creating", "created", "running", "paused", "stopped", "exited", "restarting"},
	"health": {"starting", "healthy", "unhealthy"},
}

func hasFilter(filters []string, name string) bool {
	for _, f := range filters {
		if strings.HasPrefix(f, name+"=") {
			return true
		}
	}
	return false
}

// matches tells whether a container is one that every filter lets through.
func matches(l *listed, filters []string) (bool, error) {
	for _, f := range filters {
		name, value, ok := strings.Cut(f, "=")
		if !ok {
			return false, fail.Usage("--filter: have %q, need NAME=VALUE", f)
		}
		if list := values[name]; list != nil && !slices.Contains(list, value) {
			return false, fail.Usage("--filter: have %s %q, need one of %s", name, value, strings.Join(list, " "))
		}
		fits := false
		switch name {
		case "name":
			fits = strings.Contains(l.ID, value)
		case "status":
			fits = l.Status == value || value == "exited" && l.Status == "stopped" || value == "restarting" && l.Text == restarting
		case "health":
			fits = l.Health == value
		case "label":
			key, want, exact := strings.Cut(value, "=")
			have, there := l.Labels[key]
			fits = there && (!exact || have == want)
		default:
			return false, fail.Usage("--filter: have %q, need name, status, health or label", name)
		}
		if !fits {
			return false, nil
		}
	}
	return true, nil
}

package mount

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/plan"
)

// Check says what Steps would say of the mount at member ("/mounts/3").
func Check(m *specs.Mount, member string) error {
	return one(m, &plan.Plan{}, Host{Bundle: "/"}, member)
}

package host

import (
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/idmap"
	"github.com/gophertainer/gophertainer/lib/spec"
)

// Template is the spec to begin with for whoever calls: root, the root of a user
// namespace, or an ordinary user.
func Template() (*specs.Spec, error) {
	inside, err := idmap.Inside()
	if err != nil {
		return nil, err
	}
	text := spec.Default()
	if inside || os.Geteuid() != 0 {
		text = spec.Rootless(os.Geteuid(), os.Getegid())
	}
	s, err := spec.Decode(text)
	if err != nil || !inside {
		return s, err
	}
	maps, err := idmap.Self()
	s.Linux.UIDMappings, s.Linux.GIDMappings = maps.UID, maps.GID
	return s, err
}

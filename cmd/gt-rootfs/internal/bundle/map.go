package bundle

import (
	"github.com/gophertainer/gophertainer/lib/idmap"
)

// Maps is the map in the form of lib/idmap.
func (m *Map) Maps() idmap.Maps { return idmap.Maps{UID: m.UID, GID: m.GID} }

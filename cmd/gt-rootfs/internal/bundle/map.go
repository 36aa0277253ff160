package bundle

import (
	"github.com/gophertainer/gophertainer/lib/idmap"
)

// Maps is the map in the form of lib/idmap.
func (m *Map) Maps() idmap.Maps { return idmap.Maps{UID: m.UID, GID: m.GID} }

// Back is who on disk shows as uid and gid; who shows as nobody stays.
func (m *Map) Back(uid, gid int) (int, int) {
	if id, ok := idmap.Map(m.UID).ToContainer(uint32(uid)); ok {
		uid = int(id)
	}
	if id, ok := idmap.Map(m.GID).ToContainer(uint32(gid)); ok {
		gid = int(id)
	}
	return uid, gid
}

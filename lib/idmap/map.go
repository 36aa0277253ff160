// Package idmap is the map between the user and group IDs of a container and
// those of the host: checked, written, translated, and taken from /etc/subuid
// (user_namespaces(7), subuid(5)).
package idmap

import (
	"os"
	"slices"
	"strconv"
	"syscall"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// MaxLines is how many lines the kernel takes in one map, since Linux 4.15.
const MaxLines = 340

// maxID is the largest ID: 2^32-1 means "no ID" to the kernel.
const maxID = 1<<32 - 2

// A Map is the lines of a uid_map or gid_map.
type Map []specs.LinuxIDMapping

// Check refuses a map that the kernel would refuse, or cut: no size, an end
// beyond the last ID, overlapping lines, too many of them, or a text that does
// not fit into one write. member is the JSON pointer of the map in the spec.
func (m Map) Check(member string) error {
	if len(m) > MaxLines {
		return fail.Spec(member, "have %d mappings, need at most %d", len(m), MaxLines)
	}
	for i, l := range m {
		at := member + "/" + strconv.Itoa(i)
		if l.Size == 0 {
			return fail.Spec(at+"/size", "have 0, need 1 or more")
		}
		if last := uint64(l.ContainerID) + uint64(l.Size) - 1; last > maxID {
			return fail.Spec(at, "last container ID is %d, need at most %d", last, uint32(maxID))
		}
		if last := uint64(l.HostID) + uint64(l.Size) - 1; last > maxID {
			return fail.Spec(at, "last host ID is %d, need at most %d", last, uint32(maxID))
		}
	}
	if err := m.overlap(member, "container", func(l specs.LinuxIDMapping) uint32 { return l.ContainerID }); err != nil {
		return err
	}
	if err := m.overlap(member, "host", func(l specs.LinuxIDMapping) uint32 { return l.HostID }); err != nil {
		return err
	}
	// The kernel wants the map in one write shorter than a page.
	if n, page := len(m.Text()), os.Getpagesize(); n >= page {
		return fail.Spec(member, "the map has %d bytes, need less than %d", n, page)
	}
	return nil
}

func (m Map) overlap(member, side string, first func(specs.LinuxIDMapping) uint32) error {
	order := make([]int, len(m))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if first(m[a]) < first(m[b]) {
			return -1
		}
		return 1
	})
	for n := 1; n < len(order); n++ {
		a, b := order[n-1], order[n]
		if uint64(first(m[a]))+uint64(m[a].Size) > uint64(first(m[b])) {
			return fail.Spec(member+"/"+strconv.Itoa(max(a, b)), "%s ID %d is in mapping %d too, need it once",
				side, first(m[b]), min(a, b))
		}
	}
	return nil
}

// Text is the map as uid_map and gid_map take it.
func (m Map) Text() []byte {
	b := make([]byte, 0, 24*len(m))
	for _, l := range m {
		b = strconv.AppendUint(b, uint64(l.ContainerID), 10)
		b = strconv.AppendUint(append(b, ' '), uint64(l.HostID), 10)
		b = strconv.AppendUint(append(b, ' '), uint64(l.Size), 10)
		b = append(b, '\n')
	}
	return b
}

// Sys is the map as os/exec takes it.
func (m Map) Sys() []syscall.SysProcIDMap {
	list := make([]syscall.SysProcIDMap, len(m))
	for i, l := range m {
		list[i] = syscall.SysProcIDMap{ContainerID: int(l.ContainerID), HostID: int(l.HostID), Size: int(l.Size)}
	}
	return list
}

// ToHost is the host's ID of a container's.
func (m Map) ToHost(id uint32) (uint32, bool) {
	for _, l := range m {
		if id >= l.ContainerID && id-l.ContainerID < l.Size {
			return l.HostID + (id - l.ContainerID), true
		}
	}
	return 0, false
}

// ToContainer is the container's ID of a host's.
func (m Map) ToContainer(id uint32) (uint32, bool) {
	for _, l := range m {
		if id >= l.HostID && id-l.HostID < l.Size {
			return l.ContainerID + (id - l.HostID), true
		}
	}
	return 0, false
}

// all is the map of the first user namespace, every ID to itself.
func (m Map) all() bool {
	return len(m) == 1 && m[0] == specs.LinuxIDMapping{Size: 1<<32 - 1}
}

// own tells whether the map is of one ID only, and that is id: what a process
// without privilege may write itself.
func (m Map) own(id int) bool {
	return len(m) == 1 && m[0].Size == 1 && int(m[0].HostID) == id
}

package idmap

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"sync"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Maps are the two maps of a user namespace.
type Maps struct{ UID, GID Map }

// Self is the maps of the user namespace this process is in, the host's IDs as
// the parent namespace sees them.
func Self() (Maps, error) {
	uid, err := ownUID.read("/proc/self/uid_map")
	if err != nil {
		return Maps{}, err
	}
	gid, err := ownGID.read("/proc/self/gid_map")
	return Maps{UID: uid, GID: gid}, err
}

// Inside tells whether this process is in a user namespace of its own, and not
// in the first one.
func Inside() (bool, error) {
	m, err := ownUID.read("/proc/self/uid_map")
	return err == nil && !m.all(), err
}

// own is a map of this process, which is written once and never changes
// (user_namespaces(7)).
type own struct {
	mu sync.Mutex
	m  Map
}

var ownUID, ownGID own

func (o *own) read(path string) (Map, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.m) > 0 {
		return slices.Clone(o.m), nil
	}
	m, err := Read(path)
	o.m = slices.Clone(m)
	return m, err
}

// Rootless tells whether the host's root is out of reach: not UID 0, or the 0
// of a user namespace.
func Rootless() (bool, error) {
	if os.Geteuid() != 0 {
		return true, nil
	}
	return Inside()
}

// Read reads a uid_map or gid_map. A namespace without a map gives none.
func Read(path string) (Map, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := Parse(b)
	if err != nil {
		return nil, &fail.Error{Code: fail.CodeInput, Path: path, Cause: err}
	}
	return m, nil
}

// Parse reads the text of a uid_map or gid_map.
func Parse(text []byte) (Map, error) {
	var m Map
	for line := range bytes.Lines(text) {
		words := bytes.Fields(line)
		if len(words) == 0 {
			continue
		}
		if len(words) != 3 {
			return nil, fail.New(fail.CodeInput, "line %q has %d words, need 3 numbers", bytes.TrimSpace(line), len(words))
		}
		var n [3]uint32
		for i, w := range words {
			v, err := strconv.ParseUint(string(w), 10, 32)
			if err != nil {
				return nil, fail.New(fail.CodeInput, "have %q, need a number below 2^32", w)
			}
			n[i] = uint32(v)
		}
		m = append(m, specs.LinuxIDMapping{ContainerID: n[0], HostID: n[1], Size: n[2]})
	}
	return m, nil
}

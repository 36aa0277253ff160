// Package state is the state directory: one directory a container, one writer a
// file, a status that is derived and never trusted.
package state

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
)

// A Status is one of the words of runtime-spec runtime.md, "State", and paused.
type Status string

// The statuses.
const (
	Creating Status = "creating"
	Created  Status = "created"
	Running  Status = "running"
	Paused   Status = "paused"
	Stopped  Status = "stopped"
)

// State is state.json.
type State struct {
	OCIVersion  string            `json:"ociVersion"`
	ID          string            `json:"id"`
	Bundle      string            `json:"bundle"`
	Rootfs      string            `json:"rootfs"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Created     string            `json:"created"` // RFC 3339, nanoseconds
	Owner       string            `json:"owner"`   // numeric user
	Pid         int               `json:"pid"`
	PidStart    uint64            `json:"pidStart"` // field 22 of /proc/PID/stat
	BootID      string            `json:"bootId"`
	CgroupMode  string            `json:"cgroupMode"`
	Cgroups     map[string]string `json:"cgroups,omitempty"` // controller to directory
}

// OCI is the state as hooks and pipes get it.
func (s *State) OCI(status Status) []byte {
	b := []byte{'{'}
	if len(s.Annotations) > 0 {
		b = append(json.AppendStrings(append(b, `"annotations":`...), s.Annotations), ',')
	}
	b = json.AppendString(append(b, `"bundle":`...), s.Bundle)
	b = json.AppendString(append(b, `,"id":`...), s.ID)
	b = json.AppendString(append(b, `,"ociVersion":`...), s.OCIVersion)
	if s.Pid != 0 && status != Stopped {
		b = strconv.AppendInt(append(b, `,"pid":`...), int64(s.Pid), 10)
	}
	b = json.AppendString(append(b, `,"status":`...), string(status))
	return append(b, '}')
}

// A Row is what `state` and `list` print, with runc's members.
type Row struct {
	OCIVersion  string            `json:"ociVersion"`
	ID          string            `json:"id"`
	Pid         int               `json:"pid"`
	Status      Status            `json:"status"`
	Bundle      string            `json:"bundle"`
	Rootfs      string            `json:"rootfs"`
	Created     string            `json:"created"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Owner       string            `json:"owner"`
}

// Row is the state for people and scripts; the PID of a stopped one is 0.
func (s *State) Row(status Status) Row {
	pid := s.Pid
	if status == Stopped {
		pid = 0
	}
	return Row{s.OCIVersion, s.ID, pid, status, s.Bundle, s.Rootfs, s.Created, s.Annotations, s.Owner}
}

// StartTime is when a process began, in clock ticks since boot; with the PID it
// names a process for good. A zombie is ESRCH.
func StartTime(pid int) (uint64, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if os.IsNotExist(err) {
		return 0, unix.ESRCH
	}
	if err != nil {
		return 0, err
	}
	// The name in parentheses may contain anything.
	text := string(b)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return 0, unix.ESRCH
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return 0, unix.ESRCH
	}
	return strconv.ParseUint(fields[19], 10, 64)
}

// Alive tells whether pid is still the process that began at start.
func Alive(pid int, start uint64) (bool, error) {
	if pid <= 0 {
		return false, nil
	}
	at, err := StartTime(pid)
	if err == unix.ESRCH {
		return false, nil
	}
	return at == start, err
}

// BootID names this boot of the kernel (random(4)).
func BootID() (string, error) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(b)), err
}

// CheckID refuses what cannot be an ID.
func CheckID(id string) error {
	switch {
	case id == "":
		return fail.Usage("ID is empty, need one")
	case id == "." || id == "..":
		return fail.Usage("ID %q is a directory, need a name", id)
	case len(id) > 255:
		return fail.Usage("ID has %d characters, need at most 255", len(id))
	}
	for _, r := range id {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case strings.ContainsRune("_+-.", r):
		default:
			return fail.Usage("ID %q has %q, need letters, digits or one of _+.-", id, r)
		}
	}
	return nil
}

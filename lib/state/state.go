// Package state is the state directory: one directory a container, one writer a
// file, a status that is derived and never trusted.
package state

import "github.com/gophertainer/gophertainer/lib/json"

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

// State is state.json. Members that this version does not know are not kept.
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
	Cgroups     map[string]string `json:"cgroups,omitempty"`  // controller to directory
	Unit        string            `json:"unit,omitempty"`     // of systemd: system/NAME or UID/NAME
	Passing     bool              `json:"passing,omitempty"`  // goes with its parent's wait: stopped, it is for Collect
	Reviving    bool              `json:"reviving,omitempty"` // its restore has not let it go on yet, or was killed
	Pending     bool              `json:"-"`                  // not committed: its create is under way, or was killed
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

// Write adds the row as JSON, members as runc orders them.
func (r *Row) Write(w *json.Writer) {
	w.Object()
	for _, m := range []struct {
		name  string
		value any
	}{
		{"ociVersion", r.OCIVersion},
		{"id", r.ID},
		{"pid", r.Pid},
		{"status", string(r.Status)},
		{"bundle", r.Bundle},
		{"rootfs", r.Rootfs},
		{"created", r.Created},
		{"annotations", r.Annotations},
		{"owner", r.Owner},
	} {
		if m.name == "annotations" && len(r.Annotations) == 0 {
			continue
		}
		w.Name(m.name)
		w.Value(m.value)
	}
	w.EndObject()
}

// Row is the state for people and scripts; the PID of a stopped one is 0.
func (s *State) Row(status Status) Row {
	pid := s.Pid
	if status == Stopped {
		pid = 0
	}
	return Row{s.OCIVersion, s.ID, pid, status, s.Bundle, s.Rootfs, s.Created, s.Annotations, s.Owner}
}

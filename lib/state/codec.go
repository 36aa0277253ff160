package state

import (
	"strconv"

	"github.com/gophertainer/gophertainer/lib/json"
)

// OCI is the state as hooks and pipes get it (runtime-spec runtime.md,
// "State"); a stopped container has no pid.
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

// Process is the container process state that goes to a seccomp agent with the
// listener of process pid (config-linux.md, "The Container Process State").
func (s *State) Process(pid int, metadata string, status Status) string {
	b := json.AppendString([]byte(`{"ociVersion":`), s.OCIVersion)
	b = strconv.AppendInt(append(b, `,"fds":["seccompFd"],"pid":`...), int64(pid), 10)
	if metadata != "" {
		b = json.AppendString(append(b, `,"metadata":`...), metadata)
	}
	b = append(append(b, `,"state":`...), s.OCI(status)...)
	return string(append(b, '}'))
}

// encode writes state.json without reflection: create pays for it.
func encode(s *State) []byte {
	b := make([]byte, 0, 1024)
	for _, m := range [][2]string{
		{`{"ociVersion":`, s.OCIVersion},
		{`,"id":`, s.ID},
		{`,"bundle":`, s.Bundle},
		{`,"rootfs":`, s.Rootfs},
		{`,"created":`, s.Created},
		{`,"owner":`, s.Owner},
		{`,"bootId":`, s.BootID},
		{`,"cgroupMode":`, s.CgroupMode},
	} {
		b = json.AppendString(append(b, m[0]...), m[1])
	}
	b = strconv.AppendInt(append(b, `,"pid":`...), int64(s.Pid), 10)
	b = strconv.AppendUint(append(b, `,"pidStart":`...), s.PidStart, 10)
	if len(s.Annotations) > 0 {
		b = json.AppendStrings(append(b, `,"annotations":`...), s.Annotations)
	}
	if len(s.Cgroups) > 0 {
		b = json.AppendStrings(append(b, `,"cgroups":`...), s.Cgroups)
	}
	if s.Unit != "" {
		b = json.AppendString(append(b, `,"unit":`...), s.Unit)
	}
	if s.Passing {
		b = append(b, `,"passing":true`...)
	}
	if s.Reviving {
		b = append(b, `,"reviving":true`...)
	}
	return append(b, '}', '\n')
}

func decode(b []byte) (*State, error) {
	s, r := &State{}, json.NewReader(b)
	r.Object(func(name string) {
		switch name {
		case "ociVersion":
			s.OCIVersion = r.String()
		case "id":
			s.ID = r.String()
		case "bundle":
			s.Bundle = r.String()
		case "rootfs":
			s.Rootfs = r.String()
		case "annotations":
			s.Annotations = words(r)
		case "created":
			s.Created = r.String()
		case "owner":
			s.Owner = r.String()
		case "pid":
			s.Pid = int(r.Int(32))
		case "pidStart":
			s.PidStart = r.Uint(64)
		case "bootId":
			s.BootID = r.String()
		case "cgroupMode":
			s.CgroupMode = r.String()
		case "cgroups":
			s.Cgroups = words(r)
		case "unit":
			s.Unit = r.String()
		case "passing":
			s.Passing = r.Bool()
		case "reviving":
			s.Reviving = r.Bool()
		}
	})
	return s, r.End()
}

func words(r *json.Reader) map[string]string {
	m := map[string]string{}
	r.Object(func(name string) { m[name] = r.String() })
	return m
}

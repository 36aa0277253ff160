package record

import (
	"os"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/state"
)

// MonitorFile says in the state directory who watches a container.
const MonitorFile = "mon.json"

// A Monitor is the process that watches a container.
type Monitor struct {
	Pid      int
	PidStart uint64
	BootID   string
	Data     string // its directory
	Phase    string // running, stopping, waiting (to start it again), ended
	Health   string // starting, healthy, unhealthy; empty without a check
	Restarts int
	Policy   string
	Pipes    []uint64 // inodes of the pipes behind the container's stdout and stderr
}

// Write keeps the record in the container's state directory.
func (m *Monitor) Write(dir string) error {
	pipes := make([]any, len(m.Pipes))
	for i, p := range m.Pipes {
		pipes[i] = p
	}
	var w json.Writer
	w.Value(map[string]any{
		"pid": m.Pid, "pidStart": m.PidStart, "bootId": m.BootID, "data": m.Data, "phase": m.Phase,
		"health": m.Health, "restarts": m.Restarts, "restart": m.Policy, "pipes": pipes,
	})
	name := dir + "/" + MonitorFile
	if err := os.WriteFile(name+".new", append(w.Bytes(), '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// ReadMonitor reads the record in the container's state directory.
func ReadMonitor(dir string) (*Monitor, error) {
	text, err := os.ReadFile(dir + "/" + MonitorFile)
	if err != nil {
		return nil, err
	}
	m, err := ParseMonitor(text)
	if err != nil {
		return nil, &fail.Error{Code: fail.CodeInput, Path: dir + "/" + MonitorFile, Cause: err}
	}
	return m, nil
}

// ParseMonitor reads a record, or what a monitor answers, where "pid" is the
// container's and "monitor" its own.
func ParseMonitor(text []byte) (*Monitor, error) {
	own := 0
	m, r := &Monitor{}, json.NewReader(text)
	r.Object(func(name string) {
		switch name {
		case "pid":
			m.Pid = int(r.Int(32))
		case "monitor":
			own = int(r.Int(32))
		case "pidStart":
			m.PidStart = r.Uint(64)
		case "bootId":
			m.BootID = r.String()
		case "data":
			m.Data = r.String()
		case "phase":
			m.Phase = r.String()
		case "health":
			m.Health = r.String()
		case "restarts":
			m.Restarts = int(r.Int(32))
		case "restart":
			m.Policy = r.String()
		case "pipes":
			r.Array(func(int) { m.Pipes = append(m.Pipes, r.Uint(64)) })
		}
	})
	if own != 0 {
		m.Pid = own
	}
	return m, r.End()
}

// Alive tells whether the monitor lives.
func (m *Monitor) Alive() (bool, error) {
	boot, err := state.BootID()
	if err != nil || boot != m.BootID {
		return false, err
	}
	return state.Alive(m.Pid, m.PidStart)
}

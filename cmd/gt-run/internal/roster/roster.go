// Package roster knows the containers of a state directory and the bundles that
// gt-run made: what the tools wrote about them, joined.
package roster

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
)

// A Container is one in the state directory, or one of which only the bundle is
// left: after a boot, or while its monitor is about to start it again.
type Container struct {
	ID       string
	Bundle   string
	Status   state.Status // stopped where only the bundle is left
	State    *state.State // nil where only the bundle is left
	Entry    *state.Entry // likewise
	Monitor  *Monitor     // nil: none
	Exit     *Exit        // nil: not ended yet, or nobody wrote it down
	Frozen   bool
	specRead bool
	spec     *specs.Spec
}

// Monitor is what gt-mon keeps in mon.json.
type Monitor struct {
	Pid      int    `json:"pid"`
	PidStart uint64 `json:"pidStart"`
	BootID   string `json:"bootId"`
	Data     string `json:"data"`
	Phase    string `json:"phase"`
	Health   string `json:"health"`
	Restarts int    `json:"restarts"`
	Restart  string `json:"restart"`
	listens  bool   // found by its socket, since no entry tells of it
}

// Alive tells whether the monitor lives.
func (m *Monitor) Alive() bool {
	if m.listens {
		return true
	}
	boot, err := state.BootID()
	if err != nil || boot != m.BootID {
		return false
	}
	alive, err := state.Alive(m.Pid, m.PidStart)
	return alive && err == nil
}

// Exit is what gt-mon keeps in exit.json.
type Exit struct {
	Code     int       `json:"code"`
	Signal   string    `json:"signal"`
	Reason   string    `json:"reason"`
	Message  string    `json:"message"`
	Finished time.Time `json:"finished"`
	Peak     uint64    `json:"memoryPeak"`
	OOM      struct {
		Kills uint64 `json:"kills"`
		Level string `json:"level"`
	} `json:"oom"`
}

// A Roster is a state directory and a directory of bundles.
type Roster struct{ Root, Bundles string }

// List finds all containers, in order of name.
func (r *Roster) List() ([]*Container, error) {
	root, err := state.Open(r.Root)
	if err != nil {
		return nil, err
	}
	entries, err := root.List()
	if err != nil {
		return nil, err
	}
	var list []*Container
	for _, e := range entries {
		// A broken entry hides no other.
		if c, err := r.load(e); err == nil {
			list = append(list, c)
		}
	}
	rest, err := r.bundles(list)
	list = append(list, rest...)
	slices.SortFunc(list, func(a, b *Container) int { return strings.Compare(a.ID, b.ID) })
	return list, err
}

// Find finds one container.
func (r *Roster) Find(id string) (*Container, error) {
	root, err := state.Open(r.Root)
	if err != nil {
		return nil, err
	}
	e, err := root.Entry(id)
	if err == nil {
		var c *Container
		if c, err = r.load(e); err == nil {
			return c, nil
		}
		// While it is made again, its entry is not whole.
		if c = r.leftover(id); c != nil && c.Monitor != nil {
			return c, nil
		}
		return nil, err
	}
	if fail.Details(err).Code != fail.CodeNoSuch {
		return nil, err
	}
	if c := r.leftover(id); c != nil {
		return c, nil
	}
	return nil, err
}

func (r *Roster) load(e *state.Entry) (*Container, error) {
	st, err := e.ReadState()
	if err != nil {
		return nil, err
	}
	status, err := e.Status(st)
	if err != nil {
		return nil, err
	}
	c := &Container{ID: e.ID, Bundle: st.Bundle, Status: status, State: st, Entry: e}
	if err := read(e.Path("mon.json"), &c.Monitor); err != nil {
		return nil, err
	}
	if c.Monitor == nil {
		c.Monitor = listening(c.Bundle + "/mon")
	}
	return c, read(e.Path("exit.json"), &c.Exit)
}

// bundles finds those of which no container is listed.
func (r *Roster) bundles(listed []*Container) ([]*Container, error) {
	names, err := os.ReadDir(r.Bundles)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []*Container
	for _, n := range names {
		if slices.ContainsFunc(listed, func(c *Container) bool { return c.ID == n.Name() }) {
			continue
		}
		if c := r.leftover(n.Name()); c != nil {
			list = append(list, c)
		}
	}
	return list, nil
}

// leftover is a bundle that belongs to this state directory, nil if there is
// none of the name.
func (r *Roster) leftover(id string) *Container {
	if state.CheckID(id) != nil {
		return nil
	}
	path := filepath.Join(r.Bundles, id)
	var marker *struct{ ID, Root string }
	if read(path+"/gt-run.json", &marker) != nil || marker == nil || marker.ID != id || marker.Root != "" && marker.Root != r.Root {
		return nil
	}
	c := &Container{ID: id, Bundle: path, Status: state.Stopped, Monitor: listening(path + "/mon")}
	if read(path+"/mon/exit.json", &c.Exit) != nil {
		return nil
	}
	return c
}

// read decodes a file that may be missing.
func read[T any](name string, v **T) error {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fail.New(fail.CodeInput, "read %s: %w", name, err)
	}
	return nil
}

// Spec is the container's config.json: the frozen one, else the bundle's.
func (c *Container) Spec() (*specs.Spec, error) {
	if c.specRead {
		return c.spec, nil
	}
	name := c.Bundle + "/config.json"
	if c.Entry != nil {
		name = c.Entry.Path("config.json")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	c.spec = &specs.Spec{}
	if err := json.Unmarshal(text, c.spec); err != nil {
		return nil, fail.New(fail.CodeInput, "read %s: %w", name, err)
	}
	c.specRead = true
	return c.spec, nil
}

// Live tells whether the container has a process.
func (c *Container) Live() bool { return c.State != nil && c.Status != state.Stopped }

package container

import (
	"os"

	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/state"
)

// Collect removes what killed tools left behind: entries without a state,
// half-removed entries, stopped containers whose boot is over. It says what it
// removed.
func (rt *Runtime) Collect() ([]string, error) {
	root, err := state.Open(rt.Root)
	if err != nil {
		return nil, err
	}
	var done []string
	gone, err := root.Removed()
	if err != nil {
		return nil, err
	}
	for _, dir := range gone {
		if err := os.RemoveAll(dir); err != nil {
			return done, err
		}
		done = append(done, "directory "+dir)
	}
	entries, err := root.List()
	if err != nil {
		return done, err
	}
	for _, e := range entries {
		what, err := rt.collect(e)
		if err != nil {
			return done, err
		}
		if what != "" {
			done = append(done, what)
		}
	}
	return done, nil
}

func (rt *Runtime) collect(e *state.Entry) (string, error) {
	if e.Busy() {
		return "", nil // somebody is at work on it
	}
	if err := e.Lock(); err != nil {
		return "", nil //nolint:nilerr // gone meanwhile
	}
	defer e.Unlock()
	c, err := rt.load(e)
	if err != nil {
		return "broken container " + e.ID, rt.collectBroken(e)
	}
	boot, err := state.BootID()
	if err != nil {
		return "", err
	}
	if c.Status == state.Stopped && c.State.BootID != boot {
		return "container " + e.ID + " of an earlier boot", c.Destroy()
	}
	return "", nil
}

// collectBroken removes an entry that has no state yet: its cgroup is where
// its config.json says, if it has got as far as that.
func (rt *Runtime) collectBroken(e *state.Entry) error {
	c := &Container{Entry: e, rt: rt}
	path := ""
	if s, err := c.spec(); err == nil && s.Linux != nil {
		path = s.Linux.CgroupsPath
	}
	g, err := cgroup.Locate(path, e.ID)
	if err != nil {
		return err
	}
	if err := g.Remove(); err != nil {
		return err
	}
	return e.Remove()
}

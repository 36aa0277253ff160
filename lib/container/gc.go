package container

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/spec"
	"github.com/gophertainer/gophertainer/lib/state"
)

// Collect removes what killed tools left behind: containers whose create did
// not come to its end, half-removed entries, stopped containers whose boot is
// over. It says what it removed. Whatever somebody works on, and every
// container that is there, alive or stopped, is left alone.
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
			rt.Warn("%s: %v", e.ID, err)
		}
		if what != "" {
			done = append(done, what)
		}
	}
	return done, nil
}

func (rt *Runtime) collect(e *state.Entry) (string, error) {
	if got, err := e.TryLock(); err != nil || !got {
		return "", nil //nolint:nilerr // somebody is at work on it, or it is gone meanwhile
	}
	defer e.Unlock()
	c, err := rt.load(e)
	if err != nil {
		return rt.collectBroken(e, false)
	}
	switch {
	case c.past:
		return "container " + e.ID + " of an earlier boot", c.Destroy()
	case c.State.Pending:
		return "interrupted container " + e.ID, c.end()
	case c.Status == state.Stopped && c.State.Passing:
		return "container " + e.ID + " whose parent was killed", c.Destroy()
	}
	return "", c.awake()
}

// Tidy is Collect for whoever is in a hurry: it looks at no other containers than
// those that are being made, or are passing.
func (rt *Runtime) Tidy() error {
	root, err := state.Open(rt.Root)
	if err != nil {
		return err
	}
	entries, err := root.List()
	for _, e := range entries {
		st, serr := e.ReadState()
		if serr == nil && !st.Pending && !st.Passing && !st.Reviving {
			continue
		}
		if _, cerr := rt.collect(e); err == nil {
			err = cerr
		}
	}
	return err
}

// orphaned is what a process without a parent gets to notice and end, in
// milliseconds: gt-init's socket hangs up at once.
const orphaned = 2000

// collectBroken removes an entry without a state that can be read. Its create
// noted the group before making it. A group that stays in use is left: either
// its create was about to be refused because of that, or the container lives
// and has lost its state; then only force ends it.
func (rt *Runtime) collectBroken(e *state.Entry, force bool) (string, error) {
	note, err := e.ReadNote()
	if err != nil {
		return "", err
	}
	g, err := cgroup.FromNote(note)
	if err != nil {
		return "", err
	}
	what := "broken container " + e.ID
	if g == nil { // nothing was made, or its boot is over
		return what, e.Remove()
	}
	if kept, err := rt.release(e, g, force); kept || err != nil {
		return "", err
	}
	if raw, err := e.ReadConfig(); err == nil {
		s, err := spec.Decode(raw)
		if err == nil {
			err = declassify(s, e.ID)
		}
		if err != nil {
			rt.Warn("%s: %v", e.ID, err)
		}
	}
	return what, e.Remove()
}

// release removes the group of a broken entry, or tells that the entry has to
// be kept.
func (rt *Runtime) release(e *state.Entry, g *cgroup.Group, force bool) (kept bool, err error) {
	left, err := g.Outlive(orphaned)
	if err != nil {
		return false, err
	}
	if !left {
		return false, g.Remove()
	}
	if _, err := os.Lstat(e.Path("state.json")); err != nil {
		return false, nil //nolint:nilerr // never was a container: the group is another's
	}
	if !force {
		rt.Warn("%s: state.json is broken and its cgroup has processes, need gt-oci delete --force", e.ID)
		return true, nil
	}
	if err := g.Kill(unix.SIGKILL); err != nil {
		return false, err
	}
	if _, err := g.Outlive(orphaned); err != nil {
		return false, err
	}
	return false, g.Remove()
}

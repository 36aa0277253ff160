package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// A container of gt-run --detach had a monitor, which ended with it. The one that
// is restored gets its own: new pipes for its log, whose ends gt-mon adopt finds
// by what mon.json says, and from then on its policy, exit record and --rm.

// A watch is what the new monitor will need.
type watch struct {
	data  string              // of gt-mon, in the bundle
	ends  map[string]*os.File // ours, by CRIU's name of the pipe that was
	pipes [2]uint64           // inodes of those of stdout and stderr, 0 for none
}

// watched tells whether the bundle is one that gt-run had watched. In the
// foreground we are who watches, and a terminal hangs up with its monitor.
func (r *restoring) watched() *watch {
	data := filepath.Join(r.Bundle, "mon")
	m := r.from.manifest
	if !r.detach || m == nil || m.Terminal || !ofRun(r.Bundle) {
		return nil
	}
	if _, err := os.Lstat(filepath.Join(data, "settings.json")); err != nil {
		return nil
	}
	return &watch{data: data, ends: map[string]*os.File{}}
}

// alone waits for the end of the monitor that was there: with --rm it removes the
// container of that ID, which is to be the restored one. It holds a lock as long
// as it lives.
func (w *watch) alone() error {
	if w == nil {
		return nil
	}
	lock, err := os.Open(filepath.Join(w.data, "lock"))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	free := make(chan error, 1)
	go func() {
		free <- unix.Flock(int(lock.Fd()), unix.LOCK_SH)
		_ = lock.Close()
	}()
	select {
	case err := <-free:
		return err
	case <-time.After(grace):
		return fail.New(fail.CodeBusy, "the monitor of the container that was dumped has not ended, need it gone")
	}
}

// pipe makes the container's end of a new one for its stdout or stderr.
func (w *watch) pipe(s image.Stdio) (*os.File, error) {
	r, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	w.ends[s.Key] = r
	var st unix.Stat_t
	if err := unix.Fstat(int(r.Fd()), &st); err != nil {
		return nil, err
	}
	w.pipes[s.FD-1] = st.Ino
	return out, nil
}

// takes tells whether a descriptor is one that the monitor logs.
func (w *watch) takes(s image.Stdio) bool {
	return w != nil && s.FD > 0 && strings.HasPrefix(s.Was, "pipe:")
}

func (w *watch) close() {
	if w == nil {
		return
	}
	for _, f := range w.ends {
		_ = f.Close()
	}
}

// begin has gt-mon take the container over; it has the pipes open when it
// returns.
func (w *watch) begin(r *restoring, ct *container.Container) error {
	text, err := json.Marshal(map[string]any{"data": w.data, "phase": "running", "pipes": w.pipes})
	if err != nil {
		return err
	}
	if err := os.WriteFile(ct.Entry.Path("mon.json"), text, 0o600); err != nil {
		return err
	}
	if err := beside("gt-mon", "--root", r.call.Root, "adopt", ct.ID); err != nil {
		return &fail.Error{Op: "watch the container again", Cause: err}
	}
	return nil
}

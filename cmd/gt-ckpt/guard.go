package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/wire"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// A guard is a second process at each end of a migration, in a session of its
// own. It has the connection too, and does nothing while the first one lives.
// If that one is killed, even by kill -9, it brings the migration to the end
// that it had come to:
//
//	source killed      before the copy here was killed: CRIU lets it go on here,
//	                   and the guard hangs up
//	                   after that: the guard says go, and hears what became of it
//	far side killed    before it let the container go: CRIU kills it, and the
//	                   guard says no
//	                   after that: the guard says done
//
// So exactly one copy lives, unless both processes of one end are killed, or
// the connection is cut, between go and done: then the checkpoint is kept.
type guard struct {
	life *os.File // ours: its end is ours
	cmd  *exec.Cmd
}

// What the guard is told over its pipe.
const (
	tellReady = "ready" // PID of CRIU: the far side has the container
	tellBegun = "begun" // PID of CRIU or 0: the container has an entry here
	tellFree  = "free"  // and may go on
	tellEnd   = "end"   // nothing is left to guard
)

// The guard's descriptors.
const (
	guardIn = 3 + iota
	guardOut
	guardLife
	guardLock // of the draft
)

// patience is what --timeout says by itself.
const patience = 5 * time.Minute

// newGuard starts one with the two ends of the connection and the draft's lock.
// It is told its role, source or far, the ID of the container, the directory of
// the draft, and how long it is to wait for a word.
func newGuard(c *tool.Call, line [2]*os.File, lock *os.File, about ...string) (*guard, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	args := []string{"--root", c.Root, "--store", global.store}
	if global.criu != "" {
		args = append(args, "--criu", global.criu)
	}
	if global.manager == "disabled" {
		args = append(args, "--cgroup-manager", "disabled")
	}
	g := &guard{life: ours, cmd: exec.Command("/proc/self/exe", append(append(args, "guard", "--"), about...)...)}
	g.cmd.Args[0] = "gt-ckpt"
	g.cmd.Stderr = c.Stderr
	g.cmd.ExtraFiles = []*os.File{line[0], line[1], theirs, lock}
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = g.cmd.Start()
	_ = theirs.Close()
	if err != nil {
		_ = ours.Close()
		return nil, &fail.Error{Code: fail.CodeHost, Op: "start a guard", Cause: err}
	}
	return g, nil
}

func (g *guard) tell(word string, pid int) error {
	_, err := fmt.Fprintf(g.life, "%s %d\n", word, pid)
	return err
}

// end lets it go, and waits for it: it has the connection open.
func (g *guard) end() {
	if g == nil {
		return
	}
	_ = g.tell(tellEnd, 0) // it may be gone
	_ = g.life.Close()
	_ = g.cmd.Wait()
}

// stand is the guard's own process.
func stand(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		if len(c.Args) != 4 {
			return fail.Usage("guard is for gt-ckpt migrate and receive to start")
		}
		life := os.NewFile(guardLife, "life")
		told := map[string]int{}
		for s := bufio.NewScanner(life); s.Scan(); {
			word, pid, _ := strings.Cut(s.Text(), " ")
			n, err := strconv.Atoi(pid)
			if err != nil {
				return fail.New(fail.CodeInternal, "told %q: %w", s.Text(), err)
			}
			told[word] = n
		}
		if _, ended := told[tellEnd]; ended {
			return nil
		}
		o := &orphan{call: c, told: told, id: c.Args[1], dir: c.Args[2]}
		var err error
		if o.patience, err = time.ParseDuration(c.Args[3]); err != nil {
			return fail.New(fail.CodeInternal, "told %q: %w", c.Args[3], err)
		}
		o.line = wire.New(os.NewFile(guardIn, "in"), os.NewFile(guardOut, "out"))
		if c.Args[0] == "far" {
			return o.far()
		}
		return o.source()
	}
}

// An orphan is one end of a migration whose first process was killed.
type orphan struct {
	call    *tool.Call
	line    *wire.Line
	told    map[string]int
	id, dir string

	patience time.Duration
}

func (o *orphan) source() error {
	draft := image.Held(o.dir, os.NewFile(guardLock, "lock"))
	criu, ready := o.told[tellReady]
	if !ready {
		draft.Discard()
		return nil
	}
	if err := sys.Gone(criu); err != nil {
		return err
	}
	d := &dumping{call: o.call, rt: runtime(o.call), draft: draft, began: time.Now(), patience: o.patience}
	var err error
	if d.ct, err = d.rt.Locked(o.id); err != nil {
		return err
	}
	defer d.ct.Unlock()
	if d.ct.Status != state.Stopped {
		draft.Discard() // it went on here
		return nil
	}
	err = d.conclude(o.line)
	d.ct.Unlock()
	// What was killed may have been in the middle of removing it.
	if ct, oerr := d.rt.Open(o.id); oerr == nil && ct.Status == state.Stopped {
		return errors.Join(err, d.rt.Delete(o.id, true))
	}
	return err
}

// attempts to remove a group whose processes have been killed.
const attempts = 20

func (o *orphan) far() error {
	rt, id := runtime(o.call), o.id
	criu, begun := o.told[tellBegun]
	if criu > 0 {
		if err := sys.Gone(criu); err != nil {
			return err
		}
	}
	if _, free := o.told[tellFree]; free {
		if ct, err := rt.Open(id); err == nil && ct.Status != state.Stopped {
			if err := ct.Group.Thaw(); err != nil {
				return err
			}
			return o.line.Say(wire.Done, "")
		}
	}
	if begun {
		err := rt.Delete(id, true)
		for n := 0; n < attempts && errors.Is(err, unix.EBUSY); n++ {
			err = rt.Delete(id, true) // what CRIU made is still dying
		}
		var f *fail.Error
		if err != nil && !(errors.As(err, &f) && f.Code == fail.CodeNoSuch) {
			return err
		}
	}
	// Nobody hears it where this end is killed because the other one was.
	_ = o.line.Say(wire.No, "gt-ckpt was killed there, and nothing of the container is left")
	return nil
}

// conclude is the end of a migration once the copy here is dead: the far side
// is told to go on. If it did not, the container comes back here; if that is
// not known, its checkpoint is kept, because two copies are worse than none.
func (d *dumping) conclude(line *wire.Line) error {
	lost := line.Say(wire.Go, "")
	unsure := false
	if lost == nil {
		lost = line.HearIn(wire.Done, d.patience)
		unsure = errors.Is(lost, wire.ErrGone) || errors.Is(lost, wire.ErrLate)
	}
	if lost == nil {
		if s, err := d.ct.Spec(); err == nil && d.netns == nil {
			if err := releaseKept(d.draft.Dir, s); err != nil { // the guard's: it has not seen the dump
				d.call.Warnf("unlock the network: %v", err)
			}
		}
		d.draft.Discard()
		return d.finish()
	}
	if err := d.draft.Keep(); err != nil {
		return err
	}
	name := d.draft.Name()
	if err := d.finish(); err != nil {
		d.call.Warnf("remove what is left here: %v", err)
	}
	if unsure {
		return fail.New(fail.CodeStatus, "far side does not say that the container runs, its checkpoint is kept as %s: %w", name, lost)
	}
	r := &restoring{call: d.call, rt: d.rt, detach: true, noStdio: true}
	r.cgroups = "ignore"
	if err := r.run(name); err != nil {
		return fail.New(fail.CodeStatus, "far side refuses (%w), and here, where its checkpoint is kept as %s: %w", lost, name, err)
	}
	if err := image.Remove(global.store, name); err != nil {
		d.call.Warnf("remove checkpoint %s: %v", name, err)
	}
	return fail.New(fail.CodeStatus, "container was brought back and goes on here: %w", lost)
}

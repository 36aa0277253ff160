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
	"github.com/gophertainer/gophertainer/lib/container"
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
// Where memory comes later, both ends have to live until the far side has all:
// if one is killed after go, the container ends on the far side, and the
// source's checkpoint, which was made before, is kept.
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
	tellLater = "later" // its memory is to come when it runs
	tellMoves = "moves" // go is being said, and then it comes
	tellWhole = "whole" // it has come
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
	if _, moves := o.told[tellMoves]; moves {
		return o.keep(draft)
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
	if _, later := o.told[tellLater]; later {
		err = o.recall(d)
	} else {
		err = d.conclude(o.line)
	}
	d.ct.Unlock()
	// What was killed may have been in the middle of removing it.
	if ct, oerr := d.rt.Open(o.id); oerr == nil && ct.Status == state.Stopped {
		return errors.Join(err, d.rt.Delete(o.id, true))
	}
	return err
}

// attempts to remove a group whose processes have been killed.
const attempts = 20

// uproot deletes a container, if there is one.
func uproot(rt *container.Runtime, id string) error {
	err := rt.Delete(id, true)
	for n := 0; n < attempts && errors.Is(err, unix.EBUSY); n++ {
		err = rt.Delete(id, true) // what CRIU made is still dying
	}
	var f *fail.Error
	if errors.As(err, &f) && f.Code == fail.CodeNoSuch {
		return nil
	}
	return err
}

func (o *orphan) far() error {
	rt, id := runtime(o.call), o.id
	criu, begun := o.told[tellBegun]
	_, free := o.told[tellFree]
	_, later := o.told[tellLater]
	_, whole := o.told[tellWhole]
	if later && free && !whole && criu > 0 {
		_ = unix.Kill(criu, unix.SIGKILL) // it may wait for a process that waits for memory
	}
	if criu > 0 {
		if err := sys.Gone(criu); err != nil {
			return err
		}
	}
	if free && (whole || !later) {
		word := wire.Done
		if later {
			word = wire.Whole
		}
		if ct, err := rt.Open(id); err == nil && ct.Status != state.Stopped {
			if err := ct.Group.Thaw(); err != nil {
				return err
			}
			return o.line.Say(word, "")
		}
	}
	if begun {
		if err := uproot(rt, id); err != nil {
			return err
		}
	}
	// Nobody hears it where this end is killed because the other one was.
	_ = o.line.Say(wire.No, "gt-ckpt was killed there, and nothing of the container is left")
	return nil
}

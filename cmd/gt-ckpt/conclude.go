package main

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/wire"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
)

// conclude is the end of a migration once the copy here is dead: the far side
// is told to go on. If it did not, the container comes back here; if that is
// not known, its checkpoint is kept, because two copies are worse than none.
func (d *dumping) conclude(line *wire.Line) error {
	lost := d.letGo(line)
	if lost == nil && d.lazy {
		if lost = d.far.supply.run(d.patience, func() { d.late.Reset(d.patience) }); lost != nil {
			return d.stranded(lost)
		}
	}
	if lost != nil {
		return d.comeBack(lost, errors.Is(lost, wire.ErrGone) || errors.Is(lost, wire.ErrLate))
	}
	if s, err := d.ct.Spec(); err == nil && d.netns == nil {
		if err := releaseKept(d.draft.Dir, s); err != nil { // the guard's: it has not seen the dump
			d.call.Warnf("unlock the network: %v", err)
		}
	}
	d.draft.Discard()
	return d.finish()
}

// letGo tells the far side to go on, and hears whether it does.
func (d *dumping) letGo(line *wire.Line) error {
	if !d.lazy {
		if err := line.Say(wire.Go, ""); err != nil {
			return err
		}
		return line.HearIn(wire.Done, d.patience)
	}
	if err := d.far.guard.tell(tellMoves, 0); err != nil {
		return err
	}
	if err := d.far.supply.begin(); err != nil {
		return err
	}
	return d.far.supply.until(wire.Done, d.patience)
}

// comeBack has the container go on here, where it is sure that it runs nowhere
// else.
func (d *dumping) comeBack(lost error, unsure bool) error {
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

// pass writes the checkpoint to the stream. Where memory comes later, it has
// members instead that are for the stream only.
func (d *dumping) pass(p *image.Packer, dir string, m *image.Manifest) error {
	if !d.lazy {
		if err := p.Add(dir, m.Files); err != nil {
			return err
		}
		return p.Finish(m)
	}
	if err := d.far.guard.tell(tellLater, 0); err != nil {
		return err
	}
	later, eager, err := image.Thin(dir)
	if err != nil {
		return err
	}
	thin := *m
	thin.Later, thin.Files = true, eager
	for _, f := range m.Files {
		if !later[f.Name] {
			thin.Files = append(thin.Files, f)
		}
	}
	if err := p.Add(dir, thin.Files); err != nil {
		return err
	}
	for _, f := range eager {
		if err := os.Remove(filepath.Join(dir, f.Name)); err != nil {
			return err
		}
	}
	return p.Finish(&thin)
}

// stranded is a container that ran on the far side, and has not all its memory
// there: it is ended there, and has gone on since its checkpoint was made.
func (d *dumping) stranded(lost error) error {
	if err := d.draft.Keep(); err != nil {
		return err
	}
	name := d.draft.Name()
	if err := d.finish(); err != nil {
		d.call.Warnf("remove what is left here: %v", err)
	}
	return fail.New(fail.CodeStatus, "far side does not say that it has all memory, and ends the container without; the checkpoint of before it ran there is kept as %s: %w", name, lost)
}

// recall is for the guard of a source that was killed before it said go where
// memory comes later: what it was sending then may have no end.
func (o *orphan) recall(d *dumping) error {
	_ = unix.Shutdown(guardOut, unix.SHUT_RDWR) // a socket
	_ = unix.Close(guardOut)
	// Whatever it is: it cannot hear go any more.
	if err := o.line.HearIn(wire.Done, o.patience); err == nil {
		return fail.New(fail.CodeStatus, "the other side says %s to nothing", wire.Done)
	}
	return d.comeBack(fail.New(fail.CodeStatus, "gt-ckpt was killed here"), false)
}

// keep is for the guard of one that was killed later.
func (o *orphan) keep(draft *image.Draft) error {
	if err := draft.Keep(); err != nil {
		return err
	}
	o.call.Warnf("killed while the memory was on its way: the checkpoint of before the container ran on the far side is kept as %s", draft.Name())
	ct, err := runtime(o.call).Open(o.id)
	if err != nil || ct.Status != state.Stopped {
		return err
	}
	return runtime(o.call).Delete(o.id, true)
}

package main

import (
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/criu"
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
	"github.com/gophertainer/gophertainer/lib/tty"
)

// restoring is one restore on its way.
type restoring struct {
	criuOptions
	reading
	container.CreateOptions
	id, lsmProfile, lsmContext string
	detach, keep, anyCPU       bool
	tcpClose                   bool
	call                       *tool.Call
	rt                         *container.Runtime
	from                       *source
	path                       string // of CRIU
	proxy                      *tty.Proxy
	relay                      tty.Relay
	noStdio                    bool         // it gets /dev/null for what came from outside
	hold                       func() error // waits while the restored processes stand still
	guard                      *guard
	patience                   time.Duration // with the source of a migration
	watch                      *watch
	later                      *fetch // memory that the source of a migration sends when the container runs
	pager                      *pager // to which it goes
	changes                    string
	unlisted                   bool // an archive without a manifest will do
}

func restore(o *tool.Options) func(*tool.Call) error {
	r := &restoring{}
	r.criuOptions.declare(o)
	r.reading.declare(o)
	var noSubreaper bool
	o.String(&r.Bundle, "bundle", 'b', "DIR", "the bundle whose config.json rules the container")
	o.String(&r.id, "id", 0, "ID", "another ID than the container had")
	o.Bool(&r.detach, "detach", 'd', "do not wait for the end")
	o.Bool(&r.keep, "keep", 0, "keep the container when its program has ended")
	o.String(&r.PidFile, "pid-file", 0, "FILE", "write the PID to FILE")
	o.String(&r.ConsoleSocket, "console-socket", 0, "SOCKET", "hand the terminal's master to SOCKET")
	o.Bool(&noSubreaper, "no-subreaper", 0, "accepted: gt-ckpt never becomes a subreaper")
	o.Bool(&r.NoPivot, "no-pivot", 0, "accepted: CRIU decides how the root is entered")
	o.Bool(&r.tcpClose, "tcp-close", 0, "bring TCP connections back closed")
	o.String(&r.lsmProfile, "lsm-profile", 0, "TYPE:NAME", "another security label for the processes")
	o.String(&r.lsmContext, "lsm-mount-context", 0, "CONTEXT", "another security label for the mounts")
	declareChanges(o, &r.changes, "whether the changes of the root that a checkpoint has are put there: auto is into a root that has not got them")
	o.Bool(&r.unlisted, "no-manifest", 0, "take an archive of Podman or CRI-O, which says nothing that it could be held against")
	o.Bool(&r.anyCPU, "ignore-cpu", 0, "restore though this CPU lacks what the other had")
	return func(c *tool.Call) error {
		if err := r.check(); err != nil {
			return err
		}
		r.call, r.rt = c, runtime(c)
		return r.run(c.Args[0])
	}
}

// run checks everything before it touches anything.
func (r *restoring) run(name string) error {
	var err error
	if r.from, err = r.open(name); err != nil {
		return err
	}
	defer r.from.close()
	if err := r.prepare(); err != nil {
		return err
	}
	if r.ConsoleSocket == "" && !r.detach {
		r.Terminal = func(master *os.File) (err error) {
			r.proxy, err = tty.Attach(master, r.call.Stdin, r.call.Stdout)
			return err
		}
	}
	if !r.detach {
		if _, err := tty.Forward(r.relay.Pass); err != nil {
			return err
		}
	}
	return r.revive()
}

// prepare looks whether CRIU and the host are fit.
func (r *restoring) prepare() error {
	var err error
	if r.path, err = criu.Find(global.criu); err != nil {
		return err
	}
	if err := r.fit(); err != nil {
		return err
	}
	if _, err := r.wantsChanges(r.Bundle); err != nil {
		return err
	}
	if err := criu.Warm(r.path); err != nil {
		r.call.Debugf("warm criu's cache: %v", err)
	}
	return nil
}

// fit compares the two hosts, and the checkpoint with the spec.
func (r *restoring) fit() error {
	m := r.from.manifest
	if m == nil {
		return nil
	}
	here := image.ThisHost(0)
	if m.Host.Arch != "" && m.Host.Arch != here.Arch {
		return fail.New(fail.CodeHost, "checkpoint is of a machine of kind %s, need %s", m.Host.Arch, here.Arch)
	}
	if missing := image.MissingCPU(m.Host.CPU, here.CPU); missing != "" && !r.anyCPU {
		return fail.New(fail.CodeHost, "checkpoint is of a CPU with %s, which this one lacks, need a like CPU or --ignore-cpu", missing)
	}
	if r.images == "" {
		r.tcp = r.tcp || m.Options.TCP
		r.extUnix = r.extUnix || m.Options.ExtUnix
		r.shellJob = r.shellJob || m.Options.ShellJob
		r.fileLocks = r.fileLocks || m.Options.FileLocks
		if m.Options.Cgroups != "" {
			r.cgroups = m.Options.Cgroups
		}
	}
	if m.Terminal && r.detach && r.ConsoleSocket == "" {
		return fail.Usage("container has a terminal, need --console-socket to hand it to, or no --detach")
	}
	return nil
}

// revive brings the processes back, and in the foreground waits for their end.
func (r *restoring) revive() error {
	if r.Terminal == nil && r.ConsoleSocket == "" {
		r.Terminal = func(master *os.File) error { return master.Close() }
	}
	ct, err := r.attempt()
	defer func() { r.watch.close() }()
	if err != nil {
		return err
	}
	defer ct.Unlock()
	if err := freeBundle(ct.State.Bundle); err != nil {
		r.call.Warnf("let go of the bundle: %v", err)
	}
	if err := ct.Poststart(); err != nil {
		_ = unix.Kill(ct.State.Pid, unix.SIGKILL)
		if r.detach {
			return err
		}
	}
	if r.watch != nil {
		ct.Unlock() // the monitor's now
		if err := r.watch.begin(r, ct); err != nil {
			r.call.Warnf("%v", err)
		}
	}
	if r.detach {
		return nil
	}
	ct.Unlock()
	pid := ct.State.Pid
	r.relay.To(func(sig unix.Signal) error { return unix.Kill(pid, sig) })
	code, err := container.Wait(pid)
	if r.proxy != nil {
		if cerr := r.proxy.Close(); err == nil {
			err = cerr
		}
	}
	if !r.keep {
		if cerr := ct.Clean(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		return err
	}
	r.from.close()
	return tool.ExitStatus(code)
}

// tries is how often CRIU may lose a race with processes that end.
const tries = 10

func (r *restoring) attempt() (*container.Container, error) {
	for n := 1; ; n++ {
		v := &revival{restoring: r}
		r.watch.close()
		r.watch = r.watched()
		if err := r.watch.alone(); err != nil {
			return nil, err
		}
		work := r.work
		ct, err := r.rt.Restore(r.id, &r.CreateOptions, v.revive)
		if err == nil || !v.raced || n == tries {
			return ct, err
		}
		r.work = work // that of the entry is gone with it
		r.call.Debugf("try again: %v", err)
	}
}

// A source is a checkpoint to restore from.
type source struct {
	images   string
	dir      string          // "" where there are only images
	manifest *image.Manifest // nil where another runtime made the images
	about    *image.Manifest // of an archive without one
	draft    *image.Draft
}

// told is what is known of the checkpoint.
func (s *source) told() *image.Manifest {
	if s.about != nil {
		return s.about
	}
	return s.manifest
}

func (s *source) close() {
	if s.draft != nil {
		s.draft.Discard()
		s.draft = nil
	}
}

// open finds the checkpoint, holds it against its manifest, and settles ID and
// spec.
func (r *restoring) open(name string) (*source, error) {
	if r.images != "" {
		return r.openImages(name)
	}
	s, err := r.openNamed(name)
	if err != nil {
		return nil, err
	}
	if err := r.settle(s); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (r *restoring) settle(s *source) error {
	m := s.told()
	if r.id == "" {
		r.id = m.Container
	}
	if r.Bundle != "" {
		return nil
	}
	if s.draft != nil || m.Foreign {
		return fail.Usage("have no bundle, need --bundle: the spec of a checkpoint from elsewhere is not to be trusted")
	}
	r.Bundle, r.Config = m.Bundle, filepath.Join(s.dir, image.SpecName)
	return nil
}

func (r *restoring) openNamed(name string) (*source, error) {
	if isStream(name) {
		return r.openStream(name)
	}
	dir, err := image.Newest(global.store, name)
	if err != nil {
		return nil, err
	}
	s := &source{dir: dir, images: filepath.Join(dir, image.ImagesDir)}
	if s.manifest, err = image.Read(dir); err != nil {
		return nil, err
	}
	return s, image.Verify(dir, s.manifest)
}

// besideImages is the manifest that gt-ckpt leaves beside an engine's images,
// nil if another runtime made them.
func besideImages(dir string) (m *image.Manifest, err error) {
	if _, serr := os.Stat(filepath.Join(dir, image.ManifestName)); serr == nil {
		if m, err = image.Read(dir); err != nil {
			return nil, err
		}
	}
	return m, image.CheckPages(dir)
}

// openImages takes bare images of an engine; the manifest beside them is there
// if gt-ckpt made them.
func (r *restoring) openImages(id string) (*source, error) {
	s := &source{images: r.images}
	if _, err := os.Stat(filepath.Join(r.images, "inventory.img")); err != nil {
		return nil, fail.New(fail.CodeInput, "%s has no inventory.img, need images of CRIU", r.images)
	}
	var err error
	if s.manifest, err = besideImages(r.images); err != nil {
		return nil, err
	}
	r.id = id
	if r.Bundle == "" {
		r.Bundle = "."
	}
	return s, nil
}

package main

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/checkpoint-restore/go-criu/v8/rpc"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/criu"
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/scene"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/tty"
)

// revival is the part of a restore in which there are processes.
//
//	gt-ckpt                                   criu
//	 mount namespace of our own, root bound
//	 into the cgroup, request ──────────────►
//	 hooks                    ◄── setup-namespaces
//	 terminal to its owner    ◄── orphan-pts-master
//	 limits, state            ◄── post-restore        the network is locked still
//	 compare with the spec    ◄── pre-resume          nothing has run yet
//	                          ──────────────►  lets them go on
type revival struct {
	*restoring
	r       *container.Revival
	files   []*os.File // CRIU's, in order
	inherit []*rpc.InheritFd
	worker  int   // CRIU
	own     []int // our children that are not CRIU's
	host    []scene.Mount
	raced   bool // it may work the next time
	frozen  bool
}

// revive runs on a thread that is thrown away: it has another mount namespace.
func (v *revival) revive(r *container.Revival) error {
	v.r = r
	if v.guard != nil {
		if err := v.guard.tell(tellBegun, 0); err != nil {
			return err
		}
	}
	defer func() {
		for _, f := range v.files {
			_ = f.Close()
		}
	}()
	// Here, where the mounts are the host's: they outlive us.
	if err := v.descriptors(); err != nil {
		return err
	}
	if err := v.putChanges(r); err != nil {
		return err
	}
	var err error
	if v.host, err = scene.Mounts("self"); err != nil {
		return err
	}
	if v.work == "" {
		v.work = v.r.Entry.Dir()
	}
	p, err := v.lazyServer()
	if err != nil {
		return err
	}
	if err := scene.Apart(v.apart); err != nil {
		p.end()
		return err
	}
	if v.later != nil {
		v.pager = p
		return nil
	}
	return p.free()
}

func (v *revival) apart() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return err
	}
	// CRIU wants the root to be a mount.
	root := v.r.State.Rootfs
	if err := unix.Mount(root, root, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return &fail.Error{Member: "/root/path", Op: "bind " + root, Cause: err}
	}
	if err := mountpoints(root, v.r.Spec.Mounts); err != nil {
		return err
	}
	away, err := turntable(root)
	if err != nil {
		return err
	}
	defer away()
	at, clear, err := desk()
	if err != nil {
		return err
	}
	defer clear()
	external, err := v.externals(at)
	if err != nil {
		return err
	}
	dir, err := v.lend(at, v.from.images)
	if err != nil {
		return err
	}
	if dir, err = v.adjust(at, dir); err != nil {
		return err
	}
	if err := v.populate(at, dir); err != nil {
		return err
	}
	images, err := openDir(dir)
	if err != nil {
		return err
	}
	defer images.Close()
	work, err := openDir(v.work)
	if err != nil {
		return err
	}
	defer work.Close()
	o := v.opts(images, work, "restore.log")
	o.Root, o.External = &root, external
	if m := v.from.manifest; m != nil && m.EmptyNet {
		o.EmptyNs = emptyNetwork()
	}
	return v.ask(o)
}

func (v *revival) ask(o *rpc.CriuOpts) error {
	var err error
	if v.own, err = scene.Children(); err != nil {
		return err
	}
	w, err := criu.Start(v.path, v.files, v.enter)
	if err != nil {
		return err
	}
	v.worker = w.Pid()
	if v.guard != nil {
		if err := v.guard.tell(tellBegun, v.worker); err != nil {
			w.Kill()
			return err
		}
	}
	yes := true
	o.InheritFd = v.inherit
	o.NotifyScripts, o.RstSibling, o.OrphanPtsMaster = &yes, &yes, &yes
	o.TcpClose = &v.tcpClose
	if v.lsmProfile != "" {
		o.LsmProfile = &v.lsmProfile
	}
	if v.lsmContext != "" {
		o.LsmMountContext = &v.lsmContext
	}
	o.JoinNs = joins(v.r.Spec)
	if v.cgroups != "ignore" {
		_, dirs := v.r.Group.Dirs()
		o.CgRoot = cgroupRoots(dirs)
	}
	resp, err := w.Ask(&rpc.CriuReq{Type: rpc.CriuReqType_RESTORE.Enum(), Opts: o}, v.notice)
	w.Close()
	if err = judge(v.call, filepath.Join(v.work, "restore.log"), resp, err); err == nil {
		err = v.r.Continue()
	}
	if err != nil {
		v.raced = criu.Raced(filepath.Join(v.work, "restore.log"))
		v.bury()
	}
	return err
}

// bury ends and reaps what CRIU has made: its processes are our children. The
// guard and the server of lazy pages are so too, and wait for us.
func (v *revival) bury() {
	if err := v.r.Group.Kill(unix.SIGKILL); err != nil {
		v.call.Warnf("kill what was restored: %v", err)
	}
	pids, err := scene.Children()
	if err != nil {
		v.call.Warnf("reap what was restored: %v", err)
	}
	for _, pid := range pids {
		if slices.Contains(v.own, pid) {
			continue
		}
		_ = unix.Kill(pid, unix.SIGKILL) // it may be dead
		for {
			if _, err := unix.Wait4(pid, nil, 0, nil); err != unix.EINTR {
				break
			}
		}
	}
	// CRIU's helpers were its children, and are somebody else's now.
	if left, err := v.r.Group.Outlive(orphaned); err != nil || left {
		v.call.Warnf("wait for the end of what was restored: still there: %t: %v", left, err)
	}
}

// orphaned is what they get to end, in milliseconds.
const orphaned = 2000

// enter puts CRIU into the container's groups, so that what it makes is born
// there.
func (v *revival) enter(pid int) error {
	if err := v.r.Group.Enter(pid); err != nil {
		return err
	}
	_, dirs := v.r.Group.Dirs()
	if dir := dirs[""]; dir != "" {
		return os.WriteFile(dir+"/cgroup.procs", []byte(itoa(pid)), 0)
	}
	return nil
}

func (v *revival) notice(n *criu.Notice) error {
	switch n.Script {
	case "setup-namespaces":
		if err := v.loopback(n.Pid); err != nil {
			return err
		}
		return v.hooks(n.Pid)
	case "orphan-pts-master":
		return v.terminal(n.Files)
	case "post-restore":
		return v.adopt(n.Pid)
	case "pre-resume":
		return v.release()
	}
	return nil
}

// hooks: the namespaces are there, empty where they are new.
func (v *revival) hooks(pid int) error {
	h := v.r.Spec.Hooks
	if h == nil {
		return nil
	}
	v.r.State.Pid = pid
	if err := v.r.Hooks("prestart", h.Prestart, state.Creating); err != nil { //nolint:staticcheck // Docker still sends it
		return err
	}
	return v.r.Hooks("createRuntime", h.CreateRuntime, state.Creating)
}

func (v *revival) terminal(files []int) error {
	if len(files) != 1 {
		return fail.New(fail.CodeInternal, "criu gave %d terminals, need 1", len(files))
	}
	master := os.NewFile(uintptr(files[0]), "ptmx")
	if v.ConsoleSocket == "" {
		return v.Terminal(master)
	}
	err := tty.Send(v.ConsoleSocket, master)
	_ = master.Close()
	return err
}

// release is the last moment at which nothing has run. CRIU does not ask
// whether to go on: what is not to is killed, CRIU with it.
func (v *revival) release() error {
	err := v.audit()
	if err == nil {
		v.standStill()
	}
	// What is frozen does not go on before CRIU has let go of it.
	if err == nil && (v.guard != nil || !v.frozen) {
		err = v.r.Settle()
	}
	if err == nil && v.guard != nil {
		err = v.guard.tell(tellFree, v.worker)
	}
	if err != nil {
		if kerr := v.r.Group.Kill(unix.SIGKILL); kerr != nil {
			v.call.Warnf("kill what was restored: %v", kerr)
		}
	}
	return err
}

// adopt runs when all processes are there and none has gone on.
func (v *revival) adopt(pid int) error {
	if err := v.r.Adopt(pid); err != nil {
		return err
	}
	hold := v.hold
	if v.hold = nil; hold != nil { // once, also if CRIU has to try again
		return hold()
	}
	return nil
}

// places are those of the spec, and the files that its hooks lay there.
func (v *revival) places() (map[string]string, error) {
	at, err := namesFiles(v.r.State.Rootfs, v.r.Spec)
	if err != nil {
		return nil, err
	}
	for point, value := range places(v.r.Spec, v.r.Group) {
		at[point] = value
	}
	return at, nil
}

// externals says what stands at the mounts whose contents were left on the
// host. The places are the checkpoint's, what stands there is the spec's.
func (v *revival) externals(at string) ([]string, error) {
	points, err := v.places()
	if err != nil {
		return nil, err
	}
	var list []string
	if v.from.manifest == nil {
		for point, value := range points {
			list = append(list, "mnt["+point+"]:"+value)
		}
		return list, nil
	}
	if err := v.remake(at); err != nil {
		return nil, err
	}
	for _, m := range v.from.manifest.External {
		value, ok := points[filepath.Clean(m.Point)]
		if m.Made != "" && m.Made == kindOf(v.r.Spec, filepath.Clean(m.Point)) {
			value, ok = filepath.Join(at, m.Made), true
		}
		if !ok {
			return nil, fail.New(fail.CodeUnsafe, "checkpoint has a mount of the host at %s, need one there in the spec", m.Point)
		}
		list = append(list, "mnt["+m.Point+"]:"+value)
	}
	return list, nil
}

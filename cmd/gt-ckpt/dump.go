package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/checkpoint-restore/go-criu/v8/rpc"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/criu"
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// dumping is one dump on its way.
type dumping struct {
	criuOptions
	writing
	preCopy
	name  string
	to    string
	leave bool
	// what CRIU may do with files and connections that it would refuse
	linkRemap, inFlight bool
	preDump             bool
	changes             string
	how                 *image.Sealing
	call                *tool.Call
	rt                  *container.Runtime
	ct                  *container.Container
	facts               *facts
	draft               *image.Draft
	made                *image.Manifest
	path                string // of CRIU
	// whole, if not nil, is called with the finished checkpoint's directory
	// while the container stands still: if it fails, the container goes on.
	whole func(dir string, m *image.Manifest) error
	// handed takes the place of writing a stream to TO, and the line that it
	// went over is told once the container is gone.
	handed   func(dir string, m *image.Manifest) error
	far      *far
	late     *time.Timer   // ends a migration that waits
	patience time.Duration // with a far side
	worker   int           // CRIU
	raced    bool          // it may work the next time
	netns    *os.File      // the container's
	packs    bool          // the changes of its root go along
	back     func()        // of a dump that fails, in the bundle
	runID    string        // the dump's, which names the lock of the network
	began    time.Time
}

func dump(o *tool.Options) func(*tool.Call) error {
	d := &dumping{}
	d.criuOptions.declare(o)
	d.writing.declare(o)
	d.preCopy.declare(o)
	o.String(&d.name, "name", 0, "NAME", "name in the store (the container's, or with a number)")
	o.Bool(&d.linkRemap, "link-remap", 0, "give open files that were deleted, and have another name, a name in the root until the restore")
	o.Bool(&d.inFlight, "tcp-skip-in-flight", 0, "leave out TCP connections that are just being made")
	o.Bool(&d.leave, "leave-running", 0, "let the container go on")
	declareChanges(o, &d.changes, "whether the files that the container changed in its root go along: auto is in a stream")
	o.Bool(&d.preDump, "pre-dump", 0, "write the memory only and let the container go on")
	o.Int(&d.statusFD, "status-fd", 0, "FD", "write a zero byte to FD when lazy pages can be asked for")
	o.String(&d.pageServer, "page-server", 0, "ADDRESS:PORT", "send the memory to a CRIU page server")
	return d.run
}

func (d *dumping) run(c *tool.Call) error {
	if len(c.Args) == 2 {
		d.to = c.Args[1]
	}
	if err := d.criuOptions.check(); err != nil {
		return err
	}
	if err := d.preCopy.check(); err != nil {
		return err
	}
	if d.downtime > 0 && (d.images != "" || d.preDump || d.lazy || d.pageServer != "") {
		return fail.Usage("--max-downtime makes its own rounds, need no --image-path, --pre-dump, --lazy-pages or --page-server")
	}
	if d.changes == changesWith && (d.images != "" || d.preDump) {
		return fail.Usage("--changes with is for a checkpoint of the store or a stream, need no --image-path or --pre-dump")
	}
	if d.linkRemap && d.leave {
		return fail.Usage("--link-remap: CRIU takes the names away when the container goes on, and no restore finds them, need no --leave-running")
	}
	if d.preDump && d.images == "" {
		return fail.Usage("have no --image-path, need one for a single round, or gt-ckpt dump --max-downtime for all of them")
	}
	var err error
	if d.how, err = d.sealing(); err != nil {
		return err
	}
	d.call, d.rt = c, runtime(c)
	id := ""
	if len(c.Args) > 0 {
		id = c.Args[0]
	}
	return c.Each(id, func(in tool.Input) ([]byte, error) {
		if err := d.one(in.ID); err != nil || in.Raw == nil {
			return nil, err
		}
		status := "stopped"
		if d.leave || d.preDump {
			status = "running"
		}
		return tool.Merge(in.Raw, map[string]any{"status": status})
	})
}

// one dumps one container. Whatever goes wrong before CRIU has killed the
// processes leaves the container running and no checkpoint.
func (d *dumping) one(id string) error {
	var err error
	d.began = time.Now()
	if d.path, err = criu.Find(global.criu); err != nil {
		return err
	}
	if d.ct, err = d.rt.Locked(id); err != nil {
		return err
	}
	defer d.ct.Unlock()
	if d.facts, err = look(d.ct); err != nil {
		return err
	}
	if err := d.facts.refuse(&d.criuOptions); err != nil {
		return err
	}
	if err := criu.Warm(d.path); err != nil {
		d.call.Debugf("warm criu's cache: %v", err)
	}
	if d.preDump || d.downtime > 0 {
		if err := trackable(d.path); err != nil {
			return err
		}
	}
	if d.images != "" {
		return d.bare()
	}
	if d.packs, err = d.wantChanges(); err != nil {
		return err
	}
	if d.to != "" {
		d.nameVolumes()
	}
	return d.stored()
}

// stored dumps to the store, or through it to a stream.
func (d *dumping) stored() (err error) {
	name, free := d.name, d.name == ""
	if free {
		name = d.ct.ID
	}
	if d.draft, err = image.NewDraft(global.store, name, free); err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			d.draft.Discard()
		}
		if err != nil && d.back != nil {
			d.back()
		}
	}()
	if !d.leave && d.far == nil {
		// Before the end: who waits for that may remove the bundle.
		if err := d.holdBundle(); err != nil {
			return err
		}
		defer func() {
			if done && err == nil {
				return
			}
			if ferr := freeBundle(d.ct.State.Bundle); ferr != nil {
				d.call.Warnf("let go of the bundle: %v", ferr)
			}
		}()
	}
	d.images, d.work = d.draft.Images(), d.draft.Dir
	defer func() { d.images, d.work = "", "" }()
	d.whole = d.seal
	if d.far != nil {
		if err := d.far.watch(d); err != nil {
			return err
		}
	}
	if err := d.copyRounds(); err != nil {
		return err
	}
	if err := d.freeze(); err != nil {
		return err
	}
	if d.far != nil {
		done = true
		return d.conclude(d.far.line)
	}
	if d.to == "" {
		if err := d.draft.Keep(); err != nil {
			return err
		}
		done = true
	}
	return d.finish()
}

// bare dumps where an engine wants CRIU's images, and nothing around them.
func (d *dumping) bare() error {
	if d.work == "" {
		d.work = d.images
	}
	d.whole = func(_ string, m *image.Manifest) error {
		b, err := m.Encode()
		if err == nil {
			err = os.WriteFile(filepath.Join(d.images, image.ManifestName), b, 0o600)
		}
		if err != nil {
			return err
		}
		return d.facts.writeDescriptors(d.images)
	}
	if err := d.freeze(); err != nil {
		return err
	}
	return d.finish()
}

// seal makes the checkpoint whole while the container stands still, so that a
// full disk, or a reader of the stream that has gone, costs nothing.
func (d *dumping) seal(_ string, m *image.Manifest) error {
	m.Name = d.draft.Name()
	raw, err := d.ct.ReadConfig()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.draft.Dir, image.SpecName), raw, 0o600); err != nil {
		return err
	}
	text, err := json.Marshal(map[string]any{
		"id": d.ct.ID, "name": d.ct.ID, "rootfsImageName": "", "runtime": "gt-oci",
		"createdTime": d.ct.State.Created, "checkpointedTime": m.Created,
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.draft.Dir, image.ConfigName), text, 0o600); err != nil {
		return err
	}
	if d.packs {
		if m.Root, d.back, err = d.packChanges(); err != nil {
			return err
		}
	}
	if err := image.Seal(d.draft.Dir, m); err != nil || d.to == "" {
		return err
	}
	if d.handed != nil {
		return d.handed(d.draft.Dir, m)
	}
	return pack(d.call, d.to, func(w io.Writer) error { return image.Pack(w, d.draft.Dir, m, d.how) })
}

func (d *dumping) request(images, work *os.File, version int) *rpc.CriuReq {
	yes, pid := true, int32(d.ct.State.Pid)
	o := d.opts(images, work, image.LogName)
	o.Pid, o.LeaveRunning, o.NotifyScripts = &pid, &d.leave, &yes
	o.LinkRemap, o.TcpSkipInFlight = &d.linkRemap, &d.inFlight
	o.External = d.facts.externals()
	o.NetworkLock = d.lock(version)
	if d.facts.blank {
		o.EmptyNs = emptyNetwork()
	}
	root := d.ct.State.Rootfs
	o.Root, o.OrphanPtsMaster = &root, &yes
	o.GhostLimit = ghostLimit()
	if d.statusFD >= 0 {
		fd := int32(d.statusFD)
		o.StatusFd = &fd
	}
	if d.far != nil {
		o.LazyPages = new(bool) // the far side's affair
	}
	if dir := d.facts.freezer(); dir != "" {
		o.FreezeCgroup = &dir
	}
	if d.parent != "" {
		o.TrackMem = &yes
	}
	kind := rpc.CriuReqType_DUMP
	if d.preDump {
		kind = rpc.CriuReqType_PRE_DUMP
		o.TrackMem = &yes
	}
	return &rpc.CriuReq{Type: &kind, Opts: o}
}

// ghostLimit is how large a deleted file may be that is taken along: 64 MiB.
func ghostLimit() *uint32 {
	n := uint32(64 << 20)
	return &n
}

// finish ends the container whose processes CRIU has ended.
func (d *dumping) finish() error {
	d.rt.Record("checkpoint", d.ct.ID, "seconds", container.Seconds(d.began))
	if d.leave || d.preDump {
		return nil
	}
	if err := d.release(); err != nil {
		d.call.Warnf("unlock the network: %v", err)
	}
	return d.ct.Destroy()
}

func (d *dumping) manifest(version int) *image.Manifest {
	parent, rounds := d.parent, 0
	if last, ok := strings.CutPrefix(parent, "../round-"); ok && d.draft != nil {
		rounds, _ = strconv.Atoi(last) // ours
		parent = ""
	}
	return &image.Manifest{
		Format: image.Format, Container: d.ct.ID, Bundle: d.ct.State.Bundle,
		Created: time.Now().UTC().Format(time.RFC3339Nano), Annotations: d.ct.State.Annotations,
		Host: image.ThisHost(version), Processes: len(d.facts.pids), External: d.facts.external,
		Net: d.facts.net, Pids: d.facts.pidns, EmptyNet: d.facts.blank || len(d.emptyNS) > 0, Loopback: d.facts.loopback, Stdio: d.facts.stdio, Terminal: d.facts.terminal, Parent: parent, Rounds: rounds,
		Options: image.Options{TCP: d.tcp, ExtUnix: d.extUnix, ShellJob: d.shellJob, FileLocks: d.fileLocks, Cgroups: d.cgroups},
	}
}

var dumpable = []state.Status{state.Running, state.Paused}

package main

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/wire"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// migrate moves a container to who answers at the other end. CRIU holds it
// still, its network locked, until that side has restored it; then it is killed
// here, and only then let go there. Whatever fails before lets it go on here.
func migrate(o *tool.Options) func(*tool.Call) error {
	d := &dumping{}
	var to, via string
	d.patience = patience
	d.criuOptions.declare(o)
	d.writing.declare(o)
	d.preCopy.declare(o)
	o.Hidden("image-path", "work-path", "parent-path", "auto-dedup")
	declareChanges(o, &d.changes, "whether the files that the container changed in its root go along (where gt-rootfs knows them)")
	o.Bool(&d.inFlight, "tcp-skip-in-flight", 0, "leave out TCP connections that are just being made")
	o.String(&to, "to", 0, "unix:PATH|tcp:HOST:PORT", "where gt-ckpt receive --restore --listen waits")
	o.Duration(&d.patience, "timeout", 't', "TIME", "what the far side gets to restore; then the container goes on here (5m)")
	o.String(&via, "via", 0, "COMMAND", "the shell's command whose stdin and stdout lead to gt-ckpt receive --restore, such as ssh")
	return func(c *tool.Call) error {
		if d.images != "" || d.work != "" || d.parent != "" || d.dedup {
			return fail.Usage("migrate takes no directories or deduplication, need none of them")
		}
		if err := d.preCopy.check(); err != nil {
			return err
		}
		if d.patience <= 0 {
			return fail.Usage("--timeout: have %s, need more than 0", d.patience)
		}
		if (to == "") == (via == "") {
			return fail.Usage("have no far side or two, need --to or --via")
		}
		var err error
		if d.how, err = d.sealing(); err != nil {
			return err
		}
		if d.lazy && (d.downtime > 0 || len(d.how.Recipients) > 0 || d.how.Key != nil) {
			return fail.Usage("--lazy-pages: memory that comes later goes in no rounds, and is neither encrypted nor signed, need no --max-downtime, --encrypt or --sign")
		}
		if d.far, err = reach(c, to, via); err != nil {
			return err
		}
		d.late = time.AfterFunc(d.patience, d.far.abort)
		err = d.migrate(c)
		d.late.Stop()
		d.far.supply.close()
		d.far.guard.end()
		if errors.Is(err, wire.ErrLate) {
			d.far.abort() // it has had its time
		}
		if herr := d.far.hangUp(); err == nil && herr != nil {
			c.Warnf("end the connection: %v", herr)
		}
		return err
	}
}

func (d *dumping) migrate(c *tool.Call) error {
	d.call, d.rt = c, runtime(c)
	line := d.far.line
	d.handed = func(dir string, m *image.Manifest) error {
		p, err := d.far.packer(d)
		if err != nil {
			return err
		}
		if err := d.pass(p, dir, m); err != nil {
			return refusal(line, err)
		}
		if err := d.far.frames.Close(); err != nil {
			return refusal(line, err)
		}
		if d.lazy {
			if d.far.supply, err = newSupply(line, d.draft.Images()); err == nil {
				err = d.far.supply.until(wire.Ready, d.patience)
			}
		} else {
			err = line.Hear(wire.Ready)
		}
		if err != nil {
			return err
		}
		if !d.late.Stop() {
			return fail.New(fail.CodeTimeout, "far side has not restored the container in time")
		}
		return d.far.guard.tell(tellReady, d.worker)
	}
	d.to = "migration"
	return d.one(c.Args[0])
}

// refusal prefers what the other side says to that it does not listen.
func refusal(line *wire.Line, err error) error {
	if herr := line.Hear(wire.Ready); herr != nil {
		return herr
	}
	return fail.New(fail.CodeStatus, "send checkpoint: %w", err)
}

// A far is the connection to the other side, and who guards it.
type far struct {
	line    *wire.Line
	in, out *os.File
	guard   *guard
	frames  io.WriteCloser
	pack    *image.Packer // begun with the first round
	supply  *supply       // of memory that comes later
	hangUp  func() error  // and wait for it
	abort   func()        // whatever waits for it
}

// watch has the migration guarded from here on.
func (f *far) watch(d *dumping) (err error) {
	f.guard, err = newGuard(d.call, [2]*os.File{f.in, f.out}, d.draft.Lock(), "source", d.ct.ID, d.draft.Dir, d.patience.String())
	return err
}

// packer is the one stream of a migration.
func (f *far) packer(d *dumping) (p *image.Packer, err error) {
	if f.pack == nil {
		f.frames = f.line.Frames()
		f.pack, err = image.NewPacker(f.frames, d.how)
	}
	return f.pack, err
}

// sendRound sends one ahead, while the container runs.
func (f *far) sendRound(d *dumping, name string) error {
	p, err := f.packer(d)
	if err != nil {
		return err
	}
	files, err := image.Describe(d.draft.Dir, name)
	if err != nil {
		return err
	}
	if err := p.Add(d.draft.Dir, files); err != nil {
		return refusal(f.line, err)
	}
	d.late.Reset(d.patience) // it is getting on
	return nil
}

// reach reaches the far side.
func reach(c *tool.Call, to, via string) (*far, error) {
	if via != "" {
		return start(c, via)
	}
	kind, at, err := address("--to", to)
	if err != nil {
		return nil, err
	}
	conn, err := net.Dial(kind, at)
	if err != nil {
		return nil, &fail.Error{Code: fail.CodeHost, Op: "--to " + to, Cause: err}
	}
	f, err := file(conn)
	if err != nil {
		return nil, err
	}
	abort := func() { _ = unix.Shutdown(int(f.Fd()), unix.SHUT_RDWR) }
	return &far{line: wire.New(f, f), in: f, out: f, hangUp: f.Close, abort: abort}, nil
}

// file is a connection as a file, which another process can have too.
func file(conn net.Conn) (*os.File, error) {
	defer conn.Close()
	c, ok := conn.(interface{ File() (*os.File, error) })
	if !ok {
		return nil, fail.New(fail.CodeInternal, "connection is no file")
	}
	return c.File()
}

func start(c *tool.Call, via string) (*far, error) {
	cmd := exec.Command("/bin/sh", "-c", via)
	cmd.Stderr = c.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	theirIn, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	in, theirOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdin, cmd.Stdout = theirIn, theirOut
	err = cmd.Start()
	_ = theirIn.Close()
	_ = theirOut.Close()
	if err != nil {
		return nil, err
	}
	f := &far{line: wire.New(in, out), in: in, out: out}
	f.abort = func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	f.hangUp = func() error {
		_ = out.Close()
		// What it says now is of no use, but it may wait to be heard.
		go func() { _, _ = io.Copy(io.Discard, in) }()
		late := time.AfterFunc(grace, f.abort)
		defer late.Stop()
		return cmd.Wait()
	}
	return f, nil
}

// grace is what the command of --via gets to end when all is said.
const grace = 30 * time.Second

func address(option, text string) (kind, at string, err error) {
	kind, at, _ = strings.Cut(text, ":")
	if (kind != "unix" && kind != "tcp") || at == "" {
		return "", "", fail.Usage("%s: have %q, need unix:PATH or tcp:HOST:PORT", option, text)
	}
	return kind, at, nil
}

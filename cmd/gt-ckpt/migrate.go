package main

import (
	"io"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"time"

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
	patience := 5 * time.Minute
	d.criuOptions.declare(o)
	d.writing.declare(o)
	o.Hidden("image-path", "work-path", "parent-path", "lazy-pages", "auto-dedup")
	o.String(&to, "to", 0, "unix:PATH|tcp:HOST:PORT", "where gt-ckpt receive --restore --listen waits")
	o.Duration(&patience, "timeout", 't', "TIME", "what the far side gets to restore; then the container goes on here")
	o.String(&via, "via", 0, "COMMAND", "the shell's command whose stdin and stdout lead to gt-ckpt receive --restore, such as ssh")
	return func(c *tool.Call) error {
		if d.images != "" || d.work != "" || d.parent != "" || d.lazy || d.dedup {
			return fail.Usage("migrate takes no directories, lazy pages or deduplication, need none of them")
		}
		if patience <= 0 {
			return fail.Usage("--timeout: have %s, need more than 0", patience)
		}
		if (to == "") == (via == "") {
			return fail.Usage("have no far side or two, need --to or --via")
		}
		var err error
		if d.how, err = d.sealing(); err != nil {
			return err
		}
		conn, hangUp, abort, err := call(c, to, via)
		if err != nil {
			return err
		}
		d.late = time.AfterFunc(patience, abort)
		err = d.migrate(c, conn)
		d.late.Stop()
		if herr := hangUp(); err == nil && herr != nil {
			c.Warnf("end the connection: %v", herr)
		}
		return err
	}
}

func (d *dumping) migrate(c *tool.Call, line *wire.Line) error {
	d.call, d.rt = c, runtime(c)
	d.handed = func(dir string, m *image.Manifest) error {
		w := line.Frames()
		if err := image.Pack(w, dir, m, d.how); err != nil {
			return far(line, err)
		}
		if err := w.Close(); err != nil {
			return far(line, err)
		}
		if err := line.Hear(wire.Ready); err != nil {
			return err
		}
		if !d.late.Stop() {
			return fail.New(fail.CodeTimeout, "far side has not restored the container in time")
		}
		return nil
	}
	d.to = "migration"
	d.killed = func() error {
		if err := line.Say(wire.Go, ""); err != nil {
			return err
		}
		return line.Hear(wire.Done)
	}
	return d.one(c.Args[0])
}

// far prefers what the other side says to that it does not listen.
func far(line *wire.Line, err error) error {
	if herr := line.Hear(wire.Ready); herr != nil && herr != wire.ErrGone { //nolint:errorlint // never wrapped
		return herr
	}
	return fail.New(fail.CodeStatus, "send checkpoint: %w", err)
}

// call reaches the far side. end waits for it, abort does not.
func call(c *tool.Call, to, via string) (line *wire.Line, end func() error, abort func(), err error) {
	if via != "" {
		return start(c, via)
	}
	kind, at, err := address("--to", to)
	if err != nil {
		return nil, nil, nil, err
	}
	conn, err := net.Dial(kind, at)
	if err != nil {
		return nil, nil, nil, &fail.Error{Code: fail.CodeHost, Op: "--to " + to, Cause: err}
	}
	return wire.New(conn, conn), conn.Close, func() { _ = conn.Close() }, nil
}

func start(c *tool.Call, via string) (line *wire.Line, end func() error, abort func(), err error) {
	cmd := exec.Command("/bin/sh", "-c", via)
	cmd.Stderr = c.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, nil, err
	}
	end = func() error {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out)
		return cmd.Wait()
	}
	return wire.New(out, in), end, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }, nil
}

func address(option, text string) (kind, at string, err error) {
	kind, at, _ = strings.Cut(text, ":")
	if (kind != "unix" && kind != "tcp") || at == "" {
		return "", "", fail.Usage("%s: have %q, need unix:PATH or tcp:HOST:PORT", option, text)
	}
	return kind, at, nil
}

// answer is the far side of a migration.
func (r *restoring) answer(listen string) error {
	if listen == "" {
		return r.welcome(wire.New(r.call.Stdin, r.call.Stdout))
	}
	kind, at, err := address("--listen", listen)
	if err != nil {
		return err
	}
	l, err := net.Listen(kind, at)
	if err != nil {
		return &fail.Error{Code: fail.CodeHost, Op: "--listen " + listen, Cause: err}
	}
	conn, err := l.Accept()
	_ = l.Close()
	if err != nil {
		return err
	}
	defer conn.Close()
	return r.welcome(wire.New(conn, conn))
}

// welcome takes a container in. Until the other side says go nothing of it
// runs, and if that side ends instead, nothing of it is left.
func (r *restoring) welcome(line *wire.Line) error {
	err := r.takeIn(line)
	if err != nil {
		_ = line.Say(wire.No, err.Error()) // the error is ours to return
		return err
	}
	return line.Say(wire.Done, "")
}

func (r *restoring) takeIn(line *wire.Line) error {
	how, err := r.opening()
	if err != nil {
		return err
	}
	if r.from, err = receiveStream(line.Body(), how); err != nil {
		return err
	}
	defer r.from.close()
	if err := r.settle(r.from); err != nil {
		return err
	}
	// Our own descriptors may be the line.
	r.noStdio, r.detach = true, true
	r.hold = func(int) error {
		if err := line.Say(wire.Ready, ""); err != nil {
			return err
		}
		return line.Hear(wire.Go)
	}
	if err := r.prepare(); err != nil {
		return err
	}
	return r.revive()
}

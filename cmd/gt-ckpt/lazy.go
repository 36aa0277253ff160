package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/criu"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// A pager is CRIU's server of lazy pages. It brings the memory of the images when
// it is touched, the rest meanwhile, and ends when all is there. CRIU's would
// wait for ever for a restore that was killed, so it is the child of a process of
// ours that ends it then.
type pager struct {
	cmd  *exec.Cmd
	life *os.File // its stdin
}

// lazyServer starts one, unless an engine has: its socket is in the work
// directory then. A restore that fails ends it.
func (v *revival) lazyServer() (*pager, error) {
	if !v.lazy {
		return nil, nil
	}
	if v.from.draft != nil && v.later == nil {
		return nil, fail.Usage("--lazy-pages: a stream is gone after the restore, need images that stay: a checkpoint of the store or --image-path")
	}
	if _, err := os.Lstat(filepath.Join(v.work, "lazy-pages.socket")); err == nil {
		return nil, nil
	}
	images, err := filepath.Abs(v.from.images)
	if err != nil {
		return nil, err
	}
	args := []string{v.path, "lazy-pages", "--images-dir", images, "--work-dir", v.work, "--log-file", "lazy-pages.log", "--status-fd", "3"}
	p := &pager{}
	if v.later == nil {
		return p, p.start(v, args)
	}
	theirs, ours, err := v.later.serve()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	defer ours.Close()
	// Ours is held there, too: CRIU's server must not end before the container.
	return p, p.start(v, append(args, "--page-server", "--ps-socket", "4"), theirs, ours)
}

func (p *pager) start(v *revival, args []string, files ...*os.File) error {
	ready, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	defer w.Close()
	theirs, ours, err := os.Pipe()
	if err != nil {
		return err
	}
	defer theirs.Close()
	p.life = ours
	p.cmd = exec.Command("/proc/self/exe", append([]string{"--root", v.call.Root, "page", "--", v.id, itoa(len(files))}, args...)...)
	p.cmd.Args[0] = "gt-ckpt"
	p.cmd.Stdin = theirs
	p.cmd.ExtraFiles = append([]*os.File{w}, files...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := p.cmd.Start(); err != nil {
		_ = ours.Close()
		return &fail.Error{Code: fail.CodeHost, Op: "start " + args[0], Cause: err}
	}
	_ = w.Close()
	if _, err := io.ReadFull(ready, make([]byte, 1)); err != nil {
		p.end()
		return fail.New(fail.CodeHost, "criu lazy-pages does not start: %s", p.cmd.ProcessState)
	}
	return nil
}

// free lets it outlive us, if it has not ended.
func (p *pager) free() error {
	if p == nil {
		return nil
	}
	_, err := io.WriteString(p.life, tellFree)
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// wait is for its own end, with all memory brought.
func (p *pager) wait(patience time.Duration) error {
	late := time.AfterFunc(patience, func() { _ = p.life.Close() })
	defer late.Stop()
	if err := p.cmd.Wait(); err != nil {
		return fail.New(fail.CodeHost, "criu lazy-pages: %w", err)
	}
	return nil
}

// end ends it, or what is left of it.
func (p *pager) end() {
	if p == nil {
		return
	}
	_ = p.life.Close()
	_ = p.cmd.Wait()
}

// page is the process between: it runs a program, and kills it if stdin ends
// without a word that lets it go. The kernel gives pages of zeros to who waits
// for a server of pages that is dead, so the container dies first.
func page(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		if len(c.Args) < 3 {
			return fail.Usage("page is for gt-ckpt restore to start")
		}
		files, err := strconv.Atoi(c.Args[1])
		if err != nil {
			return err
		}
		cmd := exec.Command(c.Args[2], c.Args[3:]...)
		// The first is CRIU's word that it is ready, the second its socket, the
		// third the other end of that.
		for fd := 3; fd < 3+1+files; fd++ {
			syscall.CloseOnExec(fd)
			if fd < 5 {
				cmd.ExtraFiles = append(cmd.ExtraFiles, os.NewFile(uintptr(fd), "handed on"))
			}
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		for _, f := range cmd.ExtraFiles {
			_ = f.Close()
		}
		go func() {
			word, err := io.ReadAll(c.Stdin)
			if err == nil && strings.Contains(string(word), tellFree) {
				return
			}
			endContainer(c)
			_ = cmd.Process.Kill()
		}()
		if err := cmd.Wait(); err != nil {
			endContainer(c)
			return err
		}
		return nil
	}
}

func endContainer(c *tool.Call) {
	ct, err := runtime(c).Open(c.Args[0])
	var f *fail.Error
	switch {
	case err == nil:
		_ = ct.Group.Kill(unix.SIGKILL) // there may be nothing in it yet
	case !errors.As(err, &f) || f.Code != fail.CodeNoSuch:
		c.Warnf("end %s, whose memory is lost: %v", c.Args[0], err)
	}
}

// fitsLater looks whether memory can come later here.
func (r *restoring) fitsLater() error {
	facts, err := criu.Probe(r.path)
	switch {
	case err != nil:
		return err
	case facts.Version < criu.ServesPages:
		return fail.New(fail.CodeHost, "criu is %d, need %d or later for memory that comes later", facts.Version, criu.ServesPages)
	case !facts.Lazy:
		return fail.New(fail.CodeKernel, "this kernel has no userfaultfd for CRIU, need CONFIG_USERFAULTFD")
	}
	return nil
}

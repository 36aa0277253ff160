package criu

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/checkpoint-restore/go-criu/v8/rpc"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Worker is `criu swrk`: one CRIU that does what it is asked over a socket
// and ends with it.
//
//	us                        criu swrk
//	request      ───────────►
//	             ◄───────────  notify "post-dump"   any number of these; criu waits
//	success, or  ───────────►                       for the answer, and takes the
//	no success                                      work back if it is no
//	             ◄───────────  answer
type Worker struct {
	sock int // ours
	cmd  *exec.Cmd
}

// first is where descriptors of ExtraFiles begin in the child (os/exec).
const first = 3

// Start runs the CRIU at path. It is given the files from descriptor 4 on, in
// order; they stay the caller's. enter, if not nil, may move the process before
// it is asked anything.
func Start(path string, files []*os.File, enter func(pid int) error) (*Worker, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	theirs := os.NewFile(uintptr(pair[1]), "criu")
	w := &Worker{sock: pair[0], cmd: exec.Command(path, "swrk", "3")}
	w.cmd.ExtraFiles = append([]*os.File{theirs}, files...)
	// A signal for the foreground group, such as ^C, is ours to act upon.
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = w.cmd.Start()
	_ = theirs.Close()
	if err != nil {
		_ = unix.Close(w.sock)
		return nil, &fail.Error{Code: fail.CodeHost, Op: "start " + path, Cause: err}
	}
	if enter != nil {
		if err := enter(w.cmd.Process.Pid); err != nil {
			w.Kill()
			return nil, err
		}
	}
	return w, nil
}

// File is the number that the i-th file of Start has in CRIU.
func File(i int) int32 { return int32(first + 1 + i) }

// Pid is CRIU's process.
func (w *Worker) Pid() int { return w.cmd.Process.Pid }

// Socket is the connection, for who has to keep CRIU waiting when this process
// ends.
func (w *Worker) Socket() int { return w.sock }

// A Notice is a moment in CRIU's work at which it waits for an answer. Pid is
// that of the root task, where CRIU says it; Files came along and are the
// callee's.
type Notice struct {
	Script string
	Pid    int
	Files  []int
}

// ErrSilent is a CRIU that ended without an answer.
var ErrSilent = errors.New("criu ended without an answer")

// Ask sends a request and returns the answer. Each notice goes to notify;
// CRIU is told to give up if that returns an error, and the error is returned
// once CRIU has.
func (w *Worker) Ask(req *rpc.CriuReq, notify func(*Notice) error) (*rpc.CriuResp, error) {
	if err := w.send(req); err != nil {
		return nil, err
	}
	return w.Await(notify)
}

// Await is Ask for a request that is on its way.
func (w *Worker) Await(notify func(*Notice) error) (*rpc.CriuResp, error) {
	var refused error
	for {
		resp, files, err := w.receive()
		if err != nil {
			if refused != nil {
				err = refused
			}
			return nil, err
		}
		if resp.GetType() != rpc.CriuReqType_NOTIFY {
			closeAll(files)
			return resp, refused
		}
		n := &Notice{Script: resp.GetNotify().GetScript(), Pid: int(resp.GetNotify().GetPid()), Files: files}
		if notify == nil {
			closeAll(files)
		} else if err := notify(n); err != nil && refused == nil {
			refused = err
		}
		if err := w.Answer(refused == nil); err != nil {
			if refused != nil {
				err = refused // CRIU was killed for it
			}
			return nil, err
		}
	}
}

// Answer answers a notice.
func (w *Worker) Answer(ok bool) error {
	return w.send(&rpc.CriuReq{Type: rpc.CriuReqType_NOTIFY.Enum(), NotifySuccess: &ok})
}

func (w *Worker) send(req *rpc.CriuReq) error {
	b, err := req.MarshalVT()
	if err != nil {
		return err
	}
	err = unix.Sendto(w.sock, b, unix.MSG_NOSIGNAL, nil)
	if err == unix.EPIPE || err == unix.ECONNRESET {
		return ErrSilent
	}
	if err != nil {
		return fmt.Errorf("ask criu: %w", err)
	}
	return nil
}

// receive takes one message, of any size.
func (w *Worker) receive() (*rpc.CriuResp, []int, error) {
	n, err := peek(w.sock)
	if err != nil {
		return nil, nil, err
	}
	buf, oob := make([]byte, n), make([]byte, unix.CmsgSpace(4*8))
	n, oobn, _, _, err := unix.Recvmsg(w.sock, buf, oob, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return nil, nil, err
	}
	files, err := rights(oob[:oobn])
	if err != nil {
		return nil, nil, err
	}
	resp := &rpc.CriuResp{}
	if err := resp.UnmarshalVT(buf[:n]); err != nil {
		closeAll(files)
		return nil, nil, fmt.Errorf("read the answer of criu: %w", err)
	}
	return resp, files, nil
}

// peek waits for a message and returns its size.
func peek(sock int) (int, error) {
	for {
		n, _, err := unix.Recvfrom(sock, make([]byte, 1), unix.MSG_PEEK|unix.MSG_TRUNC)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.ECONNRESET || err == nil && n == 0:
			return 0, ErrSilent
		}
		return n, err
	}
}

func rights(oob []byte) ([]int, error) {
	list, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	var files []int
	for i := range list {
		got, err := unix.ParseUnixRights(&list[i])
		if err != nil {
			closeAll(files)
			return nil, err
		}
		files = append(files, got...)
	}
	return files, nil
}

func closeAll(files []int) {
	for _, fd := range files {
		_ = unix.Close(fd)
	}
}

// Close ends the worker, which has nothing more to do, and waits for it.
func (w *Worker) Close() {
	_ = unix.Close(w.sock)
	_ = w.cmd.Wait()
}

// Kill ends it at once.
func (w *Worker) Kill() {
	_ = w.cmd.Process.Kill()
	w.Close()
}

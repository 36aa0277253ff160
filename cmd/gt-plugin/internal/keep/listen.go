package keep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/chain"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// Codes of errors on the socket beside those of the protocol.
const (
	CodeDenied = -32001
	CodePlugin = -32002
)

// The methods of the socket.
const (
	MethodCreate = "create" // chain.Outcome of a plugin.SpecRequest
	MethodCall   = "call"   // any method of a plugin
	MethodSync   = "sync"   // the set of loaded plugins is another one
	MethodList   = "status"
)

// CallParams are those of call.
type CallParams struct {
	Plugin string          `json:"plugin"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params,omitempty"`
}

// Handed tells whether the socket was handed over (sd_listen_fds(3)). It is not
// ours to remove then.
func Handed() bool {
	return os.Getenv("LISTEN_PID") == strconv.Itoa(os.Getpid()) && os.Getenv("LISTEN_FDS") == "1"
}

// Listen opens the socket: the one that was handed over, or
// the store's. Of two serves one gets it. The lock is its right to it.
func Listen(s *store.Store) (sock, lock *os.File, err error) {
	if err := s.Make(); err != nil {
		return nil, nil, err
	}
	if lock, err = os.OpenFile(s.Path("serve.lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		lock.Close()
		return nil, nil, fail.New(fail.CodeBusy, "another gt-plugin serve runs for %s", s.Root)
	}
	if Handed() {
		unix.CloseOnExec(3)
		err := unix.SetNonblock(3, true)
		return os.NewFile(3, s.Socket()), lock, err
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, lock, err
	}
	sock = os.NewFile(uintptr(fd), s.Socket())
	if err := os.Remove(s.Socket()); err != nil && !os.IsNotExist(err) {
		return sock, lock, err
	}
	if err := sys.Reach(s.Socket(), func(sa *unix.SockaddrUnix) error { return unix.Bind(fd, sa) }); err != nil {
		return sock, lock, &fail.Error{Op: "bind " + s.Socket(), Cause: err}
	}
	return sock, lock, errors.Join(os.Chmod(s.Socket(), 0o600), unix.Listen(fd, 128))
}

// Serve answers on the socket until ctx is done, then closes it and answers those
// whom it has let in: another serve may have the same socket, and who has
// connected to this one is none of its. It waits as all else here does, with one
// epoll: a thread of its own that waits costs a caller a switch.
func (k *Keeper) Serve(ctx context.Context, sock *os.File) error {
	var conns sync.WaitGroup
	defer conns.Wait()
	defer sock.Close()
	raw, err := sock.SyscallConn()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = sock.SetReadDeadline(time.Now()) })
	defer stop()
	for {
		var conn int
		var failed error
		err := raw.Read(func(fd uintptr) bool {
			conn, _, failed = unix.Accept4(int(fd), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
			return failed != unix.EAGAIN
		})
		if err == nil && failed == nil { // else the caller has gone again
			conns.Go(func() { k.converse(ctx, os.NewFile(uintptr(conn), "serve")) })
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// patience bounds how long a caller may take between two lines, grace how long for
// one that is on its way when serve ends.
const (
	patience = time.Minute
	grace    = 100 * time.Millisecond
)

func (k *Keeper) converse(ctx context.Context, f *os.File) {
	defer f.Close()
	if err := peer(f); err != nil {
		k.Warn("socket: %v", err)
		return
	}
	hurry := func() { _ = f.SetReadDeadline(time.Now().Add(grace)) }
	stop := context.AfterFunc(ctx, hurry)
	defer stop()
	lines := plugin.NewLines(f)
	for more := true; more; more = ctx.Err() == nil {
		_ = f.SetReadDeadline(time.Now().Add(patience))
		if ctx.Err() != nil {
			hurry() // ctx may have ended before the line above
		}
		line, err := lines.Next()
		if err != nil {
			return
		}
		r, err := plugin.DecodeRequest(line)
		if err != nil {
			return
		}
		b, err := json.Marshal(k.answer(context.WithoutCancel(ctx), r))
		if err != nil {
			k.Warn("socket: %v", err)
			return
		}
		if _, err := f.Write(append(b, '\n')); err != nil {
			return
		}
		if r.Method == MethodCreate {
			return // gt-oci asks once: to wait for its end is to be woken beside the birth
		}
	}
}

// peer refuses everybody but root and the user of this process.
func peer(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var cred *unix.Ucred
	var cerr error
	if err := raw.Control(func(fd uintptr) { cred, cerr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return err
	}
	if cerr != nil {
		return cerr
	}
	if cred.Uid != 0 && int(cred.Uid) != os.Geteuid() {
		return fmt.Errorf("refused user %d", cred.Uid)
	}
	return nil
}

func (k *Keeper) answer(ctx context.Context, r *plugin.Request) *plugin.Response {
	result, err := k.dispatch(ctx, r)
	out := &plugin.Response{JSONRPC: "2.0", ID: r.ID}
	if err == nil {
		out.Result, err = json.Marshal(result)
	}
	if err != nil {
		out.Result, out.Error = nil, Wrap(err)
	}
	return out
}

// Wrap gives an error its code on the socket.
func Wrap(err error) *plugin.Error {
	var denied *chain.Denied
	var own *plugin.Error
	switch {
	case errors.As(err, &denied):
		return &plugin.Error{Code: CodeDenied, Message: err.Error()}
	case errors.As(err, &own) && err.Error() == own.Message:
		return own
	}
	return &plugin.Error{Code: CodePlugin, Message: err.Error()}
}

func (k *Keeper) dispatch(ctx context.Context, r *plugin.Request) (any, error) {
	// What load and unload have done holds from their return on.
	if err := k.Sync(); err != nil {
		return nil, err
	}
	switch r.Method {
	case MethodSync:
		return struct{}{}, nil
	case MethodList:
		return k.Status(), nil
	case MethodCreate:
		in, err := plugin.DecodeSpecRequest(r.Params)
		if err != nil {
			return nil, err
		}
		use := k.Use(func(r *store.Record) bool { return store.AtCreate(r.Info.Type) })
		defer use.Done()
		list := use.Entries()
		chain.Order(list)
		return chain.Run(ctx, use, list, *in)
	case MethodCall:
		var in CallParams
		if err := json.Unmarshal(r.Params, &in); err != nil {
			return nil, err
		}
		use := k.Use(func(r *store.Record) bool { return r.Name == in.Plugin })
		defer use.Done()
		list := use.Entries()
		if len(list) == 0 {
			return nil, fail.New(fail.CodeNoSuch, "plugin %s is not loaded", in.Plugin)
		}
		var params bytes.Buffer
		if len(in.Params) > 0 {
			if err := json.Compact(&params, in.Params); err != nil {
				return nil, err
			}
		}
		ctx, cancel := context.WithTimeout(ctx, list[0].Deadline())
		defer cancel()
		return use.Ask(ctx, list[0], in.Method, json.RawMessage(params.Bytes()))
	}
	return nil, &plugin.Error{Code: plugin.CodeMethod, Message: "have no method " + r.Method}
}

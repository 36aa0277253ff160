package keep

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/wire"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Client talks to a gt-plugin serve.
type Client struct {
	*wire.Conn
	f *os.File
}

// Dial finds the serve of a store; nil if there is none.
func Dial(s *store.Store) (*Client, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	name, done, err := address(s)
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrUnix{Name: name})
		done()
	}
	if err == unix.ENOENT || err == unix.ECONNREFUSED {
		return nil, unix.Close(fd)
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, &fail.Error{Op: "connect to " + s.Socket(), Cause: err}
	}
	f := os.NewFile(uintptr(fd), s.Socket())
	return &Client{wire.New(f, f), f}, nil
}

// address is the socket's path, short enough for any state directory.
func address(s *store.Store) (name string, done func(), err error) {
	dir, err := unix.Open(filepath.Dir(s.Socket()), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir, filepath.Base(s.Socket())), func() { _ = unix.Close(dir) }, nil
}

// Close ends the conversation.
func (c *Client) Close() { c.f.Close() }

// Ask is Asker for plugins that serve keeps.
func (c *Client) Ask(ctx context.Context, e *store.Entry, method string, params any) (json.RawMessage, error) {
	in := CallParams{Plugin: e.Name, Method: method}
	if params != nil {
		b, err := json.Marshal(params)
		if err != nil {
			return nil, err
		}
		in.Params = b
	}
	return c.Raw(ctx, MethodCall, in)
}

// Tell makes a serve, if there is one, look at the set of loaded plugins.
func Tell(s *store.Store) error {
	c, err := Dial(s)
	if err != nil || c == nil {
		return err
	}
	defer c.Close()
	return c.Call(context.Background(), MethodSync, nil, nil)
}

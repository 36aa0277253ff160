package keep

import (
	"context"
	"encoding/json"
	"os"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/wire"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// Client talks to a gt-plugin serve.
type Client struct {
	*wire.Conn
	f *os.File
}

// Dial finds the serve of a store; nil if there is none.
func Dial(s *store.Store) (*Client, error) {
	fd, err := sys.Dial(s.Socket())
	if err == unix.ENOENT || err == unix.ECONNREFUSED {
		return nil, nil //nolint:nilnil // there is none
	}
	if err == nil {
		if err = unix.SetNonblock(fd, true); err != nil {
			_ = unix.Close(fd)
		}
	}
	if err != nil {
		return nil, &fail.Error{Op: "connect to " + s.Socket(), Cause: err}
	}
	f := os.NewFile(uintptr(fd), s.Socket())
	return &Client{wire.New(f, f), f}, nil
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

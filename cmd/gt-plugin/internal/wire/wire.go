// Package wire is the calling side of the protocol: requests go out as lines,
// answers come back by their id, in any order.
package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// Conn is a conversation with one plugin. Calls may run at the same time.
type Conn struct {
	in      *os.File // a pipe, so that a plugin that does not read cannot hold us
	write   sync.Mutex
	lock    sync.Mutex
	next    int64
	pending map[string]chan *plugin.Response
	err     error // why it ended
	done    chan struct{}
}

// New talks through in and out. It owns in; reading ends with the first thing
// that is not an answer.
func New(in *os.File, out io.Reader) *Conn {
	c := &Conn{in: in, pending: map[string]chan *plugin.Response{}, done: make(chan struct{})}
	go c.read(plugin.NewLines(out))
	return c
}

// Done is closed when no more answers come.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err is why the conversation ended; io.EOF when the plugin closed it.
func (c *Conn) Err() error {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.err
}

// CloseWrite tells the plugin that nothing more will come.
func (c *Conn) CloseWrite() { c.in.Close() }

func (c *Conn) read(lines *plugin.Lines) {
	var err error
	for err == nil {
		var line []byte
		if line, err = lines.Next(); err != nil {
			break
		}
		var r *plugin.Response
		if r, err = plugin.DecodeResponse(line); err != nil {
			break
		}
		c.lock.Lock()
		answer, ok := c.pending[string(r.ID)]
		delete(c.pending, string(r.ID))
		c.lock.Unlock()
		if !ok {
			err = fmt.Errorf("have an answer to request %.40s, which was not asked", r.ID)
			break
		}
		answer <- r
	}
	c.lock.Lock()
	c.err = err
	c.lock.Unlock()
	close(c.done)
}

// Call sends a request and decodes its result into result, unless that is nil.
// An *plugin.Error is the plugin's own answer; any other error means that the
// conversation is over.
func (c *Conn) Call(ctx context.Context, method string, params, result any) error {
	raw, err := c.Raw(ctx, method, params)
	if err != nil || result == nil {
		return err
	}
	if err := json.Unmarshal(raw, result); err != nil {
		return fail.New(fail.CodeInput, "%s: decode result: %w", method, err)
	}
	return nil
}

// Raw is Call with the result as it came. Params of type json.RawMessage go out as
// they are: they have to be without spaces between tokens.
func (c *Conn) Raw(ctx context.Context, method string, params any) (json.RawMessage, error) {
	a, err := c.Send(ctx, method, params)
	if err != nil {
		return nil, err
	}
	return a.Wait(ctx)
}

// An Answer is on its way.
type Answer struct {
	conn   *Conn
	method string
	come   chan *plugin.Response
}

// Send sends a request and does not wait for the answer.
func (c *Conn) Send(ctx context.Context, method string, params any) (*Answer, error) {
	answer := make(chan *plugin.Response, 1)
	c.lock.Lock()
	c.next++
	id := strconv.FormatInt(c.next, 10)
	c.pending[id] = answer
	c.lock.Unlock()
	if err := c.send(ctx, id, method, params); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return &Answer{c, method, answer}, nil
}

// Wait returns it when it has come.
func (a *Answer) Wait(ctx context.Context) (json.RawMessage, error) {
	select {
	case r := <-a.come:
		return outcome(r)
	case <-a.conn.done:
	case <-ctx.Done():
		return nil, fail.New(fail.CodeTimeout, "%s: have no answer within its deadline", a.method)
	}
	select {
	case r := <-a.come: // it came just before the end
		return outcome(r)
	default:
	}
	err := a.conn.Err()
	if errors.Is(err, io.EOF) {
		err = errors.New("plugin ended")
	}
	return nil, fmt.Errorf("%s: %w", a.method, err)
}

func outcome(r *plugin.Response) (json.RawMessage, error) {
	if r.Error != nil {
		return nil, r.Error
	}
	return r.Result, nil
}

// request is the line. A config.json is large, so it is copied, not looked at
// again: encoding/json reads a RawMessage twice.
func request(id, method string, params any) ([]byte, error) {
	text, ready := params.(json.RawMessage)
	if !ready && params != nil {
		var err error
		if text, err = json.Marshal(params); err != nil {
			return nil, err
		}
	}
	name, err := json.Marshal(method)
	if err != nil {
		return nil, err
	}
	line := make([]byte, 0, len(text)+len(name)+64)
	line = append(line, `{"jsonrpc":"2.0","id":`+id+`,"method":`...)
	line = append(line, name...)
	if len(text) > 0 {
		line = append(append(line, `,"params":`...), text...)
	}
	return append(line, "}\n"...), nil
}

func (c *Conn) send(ctx context.Context, id, method string, params any) error {
	line, err := request(id, method, params)
	if err != nil {
		return err
	}
	if len(line) > plugin.MaxMessage+1 {
		return plugin.ErrTooLong
	}
	c.write.Lock()
	defer c.write.Unlock()
	end, _ := ctx.Deadline()
	if err := c.in.SetWriteDeadline(end); err != nil {
		return err
	}
	defer func() { _ = c.in.SetWriteDeadline(time.Time{}) }()
	if _, err := c.in.Write(line); errors.Is(err, os.ErrDeadlineExceeded) {
		return fail.New(fail.CodeTimeout, "plugin does not read within the deadline")
	} else if err != nil {
		return errors.New("plugin ended")
	}
	return nil
}

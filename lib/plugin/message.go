package plugin

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxMessage bounds a line in either direction, in bytes: a config.json of the
// largest size that gt-oci takes, twice.
const MaxMessage = 8 << 20

// The methods. Those of a type have its name in front.
const (
	MethodInfo       = "info"
	MethodInitialize = "initialize"
	MethodStart      = "start"
	MethodStop       = "stop"
	MethodCleanup    = "cleanup"
	MethodHealth     = "health"
	MethodEvent      = "event"

	MethodMount    = "storage.mount"
	MethodUnmount  = "storage.unmount"
	MethodSnapshot = "storage.snapshot"
	MethodSetup    = "network.setup"
	MethodTeardown = "network.teardown"
	MethodCollect  = "monitoring.collect"
	MethodStatus   = "monitoring.health"
	MethodAdjust   = "runtime.adjust"
	MethodCheck    = "security.check"
)

// Codes of an error: those of JSON-RPC 2.0, and one for a call that was tried.
const (
	CodeParse    = -32700
	CodeRequest  = -32600
	CodeMethod   = -32601
	CodeParams   = -32602
	CodeInternal = -32603
	CodeFailed   = -32000
)

// Request is a line to a plugin.
type Request struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params,omitempty"`
}

// Response is a line from a plugin: Result or Error.
type Response struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *Error          `json:"error,omitempty"`
}

// Error is a call's failure as the other side told it.
type Error struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// The params of the calls that have some.
type (
	// InitializeParams are those of initialize.
	InitializeParams struct {
		Protocol int                    `json:"protocol"`
		Config   map[string]interface{} `json:"config"`
	}
	// MountParams are those of storage.mount.
	MountParams struct {
		Source  string                 `json:"source"`
		Target  string                 `json:"target"`
		Options map[string]interface{} `json:"options,omitempty"`
	}
	// UnmountParams are those of storage.unmount.
	UnmountParams struct {
		Target string `json:"target"`
	}
	// SnapshotParams are those of storage.snapshot.
	SnapshotParams struct {
		Source   string `json:"source"`
		Snapshot string `json:"snapshot"`
	}
	// NetworkParams are those of network.setup and network.teardown.
	NetworkParams struct {
		ContainerID string `json:"containerId"`
		NetNS       string `json:"netns"`
	}
)

// ErrTooLong is a line beyond MaxMessage. The stream is of no use after it.
var ErrTooLong = fmt.Errorf("have a message of more than %d bytes, need a smaller one", MaxMessage)

// Lines reads one message after the other.
type Lines struct{ r *bufio.Reader }

// NewLines reads from r.
func NewLines(r io.Reader) *Lines { return &Lines{bufio.NewReaderSize(r, 64<<10)} }

// Next returns a line without its end; the memory is the caller's. A stream
// that ends within a line is io.ErrUnexpectedEOF.
func (l *Lines) Next() ([]byte, error) {
	var line []byte
	for {
		part, err := l.r.ReadSlice('\n')
		if len(line)+len(part) > MaxMessage+1 {
			return nil, ErrTooLong
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}

// DecodeResponse reads a line from a plugin.
func DecodeResponse(line []byte) (*Response, error) {
	r := &Response{}
	if err := json.Unmarshal(line, r); err != nil {
		return nil, fmt.Errorf("decode answer: %w", err)
	}
	switch {
	case r.JSONRPC != "2.0":
		return nil, fmt.Errorf("have jsonrpc %q, need \"2.0\"", r.JSONRPC)
	case len(r.ID) == 0 || string(r.ID) == "null":
		if r.Error != nil {
			return nil, fmt.Errorf("plugin refused a request: %w", r.Error)
		}
		return nil, errors.New("have no id in the answer, need that of the request")
	case r.Error == nil && r.Result == nil:
		return nil, errors.New("have no result in the answer, need one, or a refusal")
	case r.Error != nil && len(r.Result) > 0 && string(r.Result) != "null":
		return nil, errors.New("have a result and a refusal in the answer, need one")
	}
	return r, nil
}

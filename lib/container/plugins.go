package container

import (
	"bytes"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/spec"
)

// pluginMark is there while a runtime or security plugin is loaded in this
// state directory. It is all that a create without plugins looks at.
const pluginMark = "/.plugins/create"

// pluginPatience bounds the answer of gt-plugin, which has a deadline of its own
// for each plugin, in seconds.
const pluginPatience = 60

// denied is gt-plugin's code for a security plugin's no (docs/plugins.md).
const denied = -32001

// plugins lets runtime plugins change config.json and security plugins allow,
// deny or tighten it, before anything is made. Whatever goes wrong here fails
// the create: which plugin may be skipped is gt-plugin's to decide.
func (c *creation) plugins(id string) error {
	var st unix.Stat_t
	if err := unix.Stat(c.rt.Root+pluginMark, &st); err == unix.ENOENT {
		return nil
	} else if err != nil {
		return &os.PathError{Op: "stat", Path: c.rt.Root + pluginMark, Err: err}
	}
	sock, err := c.reachPlugins()
	if err != nil {
		return err
	}
	defer unix.Close(sock)
	line, err := converse(sock, c.pluginRequest(id))
	if err != nil {
		return fail.New(fail.CodeHook, "ask gt-plugin: %w", err)
	}
	changed, err := c.pluginAnswer(line)
	if err != nil || changed == nil {
		return err
	}
	if c.spec, err = spec.Decode(changed); err == nil {
		err = spec.Check(c.spec)
	}
	if err == nil {
		err = c.lacks()
	}
	if err != nil {
		return fail.New(fail.CodeHook, "config.json as plugins have left it: %w", err)
	}
	c.raw = changed
	return c.checkTerminal()
}

// pluginRequest is a JSON-RPC line. A line end within config.json can only
// stand between its tokens.
func (c *creation) pluginRequest(id string) []byte {
	text := bytes.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, c.raw)
	w := &json.Writer{}
	w.Object()
	w.Name("jsonrpc")
	w.String("2.0")
	w.Name("id")
	w.Int(1)
	w.Name("method")
	w.String("create")
	w.Name("params")
	w.Object()
	w.Name("id")
	w.String(id)
	w.Name("bundle")
	w.String(c.o.Bundle)
	w.Name("spec")
	w.Raw(text)
	w.EndObject()
	w.EndObject()
	w.Line()
	return w.Bytes()
}

// pluginAnswer returns the changed config.json, nil if it is the old one.
func (c *creation) pluginAnswer(line []byte) (changed []byte, err error) {
	r := json.NewReader(line)
	answered, code, message := false, int64(0), ""
	r.Object(func(name string) {
		switch name {
		case "result":
			answered = true
			r.Object(func(name string) {
				switch name {
				case "spec":
					changed = r.Raw()
				case "warnings":
					r.Array(func(int) { c.rt.Warn("%s", r.String()) })
				}
			})
		case "error":
			r.Object(func(name string) {
				switch name {
				case "code":
					code = r.Int(64)
				case "message":
					message = r.String()
				}
			})
		}
	})
	switch err := r.End(); {
	case err != nil:
		return nil, fail.New(fail.CodeHook, "answer of gt-plugin: %w", err)
	case code == denied:
		return nil, fail.New(fail.CodePermission, "%s", message)
	case code != 0 || !answered:
		return nil, fail.New(fail.CodeHook, "plugins: %s", message)
	}
	return changed, nil
}

// reachPlugins connects to gt-plugin serve, or executes gt-plugin.
func (c *creation) reachPlugins() (int, error) {
	sock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	path := c.rt.Root + "/.plugins/serve.sock"
	err = unix.Connect(sock, &unix.SockaddrUnix{Name: path})
	if len(path) >= len(unix.RawSockaddrUnix{}.Path) {
		err = connectBelow(sock, c.rt.Root+"/.plugins")
	}
	if err == nil {
		return sock, nil
	}
	_ = unix.Close(sock)
	if err != unix.ENOENT && err != unix.ECONNREFUSED {
		return -1, &fail.Error{Op: "connect to " + path, Cause: err}
	}
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return -1, err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	theirs := os.NewFile(uintptr(pair[1]), "gt-plugin")
	defer theirs.Close()
	// A clean environment: what the caller has in it is nothing to plugins
	// (CVE-2025-23266).
	p, err := os.StartProcess(filepath.Join(filepath.Dir(self), "gt-plugin"), []string{"gt-plugin", "--root", c.rt.Root, "adjust"},
		&os.ProcAttr{Dir: "/", Env: []string{}, Files: []*os.File{theirs, theirs, os.Stderr}})
	if err != nil {
		_ = unix.Close(pair[0])
		return -1, fail.New(fail.CodeHost, "plugins are loaded, need gt-plugin beside gt-oci: %w", err)
	}
	// It ends its plugins while the birth goes on.
	go func() { _, _ = p.Wait() }()
	return pair[0], nil
}

// connectBelow is for a path that does not fit into a socket's address.
func connectBelow(sock int, dir string) error {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Connect(sock, &unix.SockaddrUnix{Name: "/proc/self/fd/" + itoa(fd) + "/serve.sock"})
}

// converse sends one line and reads one.
func converse(sock int, request []byte) ([]byte, error) {
	limit := unix.Timeval{Sec: pluginPatience}
	for _, option := range []int{unix.SO_RCVTIMEO, unix.SO_SNDTIMEO} {
		if err := unix.SetsockoptTimeval(sock, unix.SOL_SOCKET, option, &limit); err != nil {
			return nil, err
		}
	}
	for len(request) > 0 {
		n, err := unix.SendmsgN(sock, request, nil, nil, unix.MSG_NOSIGNAL)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		request = request[n:]
	}
	line := make([]byte, 0, 16<<10)
	for {
		if len(line) > 2*spec.MaxSize {
			return nil, fail.New(fail.CodeLimit, "have an answer of more than %d bytes", 2*spec.MaxSize)
		}
		if len(line) == cap(line) {
			line = append(line, 0)[:len(line)]
		}
		n, err := unix.Read(sock, line[len(line):cap(line)])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return nil, fail.New(fail.CodeTimeout, "have no answer after %d seconds", pluginPatience)
		case err != nil:
			return nil, err
		case n == 0:
			return nil, fail.New(fail.CodeHook, "it ended without an answer")
		default:
			line = line[:len(line)+n]
			if line[len(line)-1] == '\n' {
				return line, nil
			}
		}
	}
}

// Package ask lets a tool of the house ask loaded plugins, by executing
// gt-plugin beside itself: the tool neither trusts, runs nor ends a plugin.
// Where none is loaded the price is one stat.
package ask

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gophertainer/gophertainer/lib/sys"
)

// Any tells whether a plugin is loaded in the state directory.
func Any(root string) (bool, error) {
	_, err := os.Stat(filepath.Join(root, ".plugins", "loaded"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// One calls a method of the plugin name. result may be nil. params is a struct
// or a map.
func One(root, name string, c Call) error {
	out, err := run(root, name, c)
	if err != nil || c.Result == nil {
		return err
	}
	if err := json.Unmarshal(out, c.Result); err != nil {
		return fmt.Errorf("plugin %s: %s: decode result: %w", name, c.Method, err)
	}
	return nil
}

// Call is what a plugin is asked.
type Call struct {
	Method string
	Params any
	Result any // pointer, or nil
}

// Answer is that of one of many.
type Answer struct {
	Plugin string          `json:"plugin"`
	Result json.RawMessage `json:"result"`
}

// All calls a method of each plugin of a type (storage, network …). Optional
// plugins that fail are left out, with a warning on stderr.
func All(root, kind string, c Call) ([]Answer, error) {
	any, err := Any(root)
	if err != nil || !any {
		return nil, err
	}
	out, err := run(root, "@"+kind, c)
	if err != nil {
		return nil, err
	}
	var list []Answer
	d := json.NewDecoder(bytes.NewReader(out))
	for {
		var a Answer
		if err := d.Decode(&a); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, fmt.Errorf("gt-plugin: %w", err)
		}
		list = append(list, a)
	}
}

// run executes gt-plugin call. What it says on stderr of a failure becomes the
// error.
func run(root, name string, c Call) ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if c.Params == nil {
		c.Params = struct{}{}
	}
	params, err := json.Marshal(c.Params)
	if err != nil {
		return nil, err
	}
	in, err := stream(params)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer outR.Close()
	defer outW.Close()
	errR, errW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer errR.Close()
	defer errW.Close()
	tool := filepath.Join(filepath.Dir(self), "gt-plugin")
	defer sys.PlainSlack()()
	p, err := os.StartProcess(tool, []string{"gt-plugin", "--root", root, "call", name, c.Method, "-"},
		&os.ProcAttr{Dir: "/", Env: []string{}, Files: []*os.File{in, outW, errW}})
	if err != nil {
		return nil, fmt.Errorf("execute gt-plugin: %w", err)
	}
	outW.Close()
	errW.Close()
	said := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(errR) // it is only words
		said <- b
	}()
	out, err := io.ReadAll(outR)
	words := strings.TrimSpace(string(<-said))
	state, werr := p.Wait()
	switch {
	case err != nil || werr != nil:
		return nil, errors.Join(err, werr)
	case !state.Success():
		return nil, errors.New(reason(words, name))
	case words != "":
		fmt.Fprintln(os.Stderr, words)
	}
	return out, nil
}

// reason is what gt-plugin said, without its own name and with the plugin's.
func reason(words, name string) string {
	_, cause, ok := strings.Cut(words, "call "+name+": ")
	switch {
	case !ok:
		return words
	case strings.HasPrefix(name, "@"): // the cause names it
		return cause
	}
	return "plugin " + name + ": " + cause
}

// stream is a file without a name that holds text.
func stream(text []byte) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		_, _ = w.Write(text) // a gt-plugin that has gone says why itself
		w.Close()
	}()
	return r, nil
}

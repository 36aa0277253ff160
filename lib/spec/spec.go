// Package spec reads a config.json once and checks it once. What is wrong is
// named by a JSON pointer.
package spec

import (
	"bytes"
	_ "embed" // the templates
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// MaxSize bounds a config.json, in bytes.
const MaxSize = 4 << 20

//go:embed default.json
var template []byte

//go:embed rootless.json
var rootless string

// Default is the text that `gt-oci spec` writes.
func Default() []byte { return bytes.Clone(template) }

// Rootless is the text for a user who maps only himself.
func Rootless(uid, gid int) []byte {
	r := strings.NewReplacer("99991", strconv.Itoa(uid), "99992", strconv.Itoa(gid))
	return []byte(r.Replace(rootless))
}

// Read reads and decodes a file. raw is its text, for the frozen copy.
func Read(path string) (s *specs.Spec, raw []byte, err error) {
	if raw, err = Load(path); err != nil {
		return nil, nil, err
	}
	if s, err = Decode(raw); err != nil {
		return nil, nil, &fail.Error{Path: path, Cause: err}
	}
	return s, raw, nil
}

// Load reads a file's text. A fifo must not hang us, a device must not feed us
// for ever.
func Load(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		code := fail.CodeInput
		if errors.Is(err, os.ErrNotExist) {
			code = fail.CodeNoSuch
		}
		return nil, &fail.Error{Code: code, Cause: err}
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fail.New(fail.CodeInput, "%s: is no regular file, need a config.json", path)
	}
	raw, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > MaxSize {
		return nil, fail.New(fail.CodeInput, "%s: has more than %d bytes, need a smaller config.json", path, MaxSize)
	}
	return raw, nil
}

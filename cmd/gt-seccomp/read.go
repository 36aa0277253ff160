package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// largest profile that is read, in bytes.
const largest = 16 << 20

func read(c *tool.Call) ([]byte, error) {
	in := c.Stdin
	if len(c.Args) > 0 && c.Args[0] != "-" {
		f, err := os.Open(c.Args[0])
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, largest+1))
	if err == nil && len(b) > largest {
		return nil, fail.New(fail.CodeInput, "profile is larger than %d bytes", largest)
	}
	return b, err
}

// decode understands an OCI object, a config.json and a profile of Docker, and
// resolves what depends on the target.
func decode(b []byte, t target) (*specs.LinuxSeccomp, error) {
	var config struct {
		Version *string `json:"ociVersion"`
		Linux   *struct {
			Seccomp json.RawMessage `json:"seccomp"`
		} `json:"linux"`
	}
	if err := json.Unmarshal(b, &config); err != nil {
		return nil, misread(err)
	}
	if config.Version != nil || config.Linux != nil {
		if config.Linux == nil || len(config.Linux.Seccomp) == 0 || string(config.Linux.Seccomp) == "null" {
			return nil, fail.Spec("/linux/seccomp", "is absent, so there is nothing to compile")
		}
		b = config.Linux.Seccomp
	}
	var profile seccomp.Seccomp
	if err := json.Unmarshal(b, &profile); err != nil {
		return nil, misread(err)
	}
	return t.resolve(&profile)
}

// misread says what is wrong with the JSON in its own terms, not in Go's.
func misread(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return fail.New(fail.CodeInput, "read profile: %w", err)
	}
	need := "another type"
	switch wrong.Type.Kind() {
	case reflect.Struct, reflect.Map:
		need = "an object"
	case reflect.Slice:
		need = "an array"
	case reflect.String:
		need = "a string"
	case reflect.Bool:
		need = "true or false"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint32, reflect.Uint64:
		need = "a whole number"
	}
	at := ""
	for word := range strings.SplitSeq(wrong.Field, ".") {
		if word != "" && word[0] >= 'a' { // else it is an embedded type's name
			at += "/" + word
		}
	}
	if at != "" {
		at += ": "
	}
	return fail.New(fail.CodeInput, "read profile: %shave %s, need %s", at, wrong.Value, need)
}

func profileOf(c *tool.Call, t target) (*specs.LinuxSeccomp, error) {
	b, err := read(c)
	if err != nil {
		return nil, err
	}
	return decode(b, t)
}

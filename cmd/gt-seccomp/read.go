package main

import (
	"encoding/json"
	"io"
	"os"

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
		return nil, fail.New(fail.CodeInput, "read profile: %w", err)
	}
	if config.Version != nil || config.Linux != nil {
		if config.Linux == nil || len(config.Linux.Seccomp) == 0 || string(config.Linux.Seccomp) == "null" {
			return nil, fail.Spec("/linux/seccomp", "is absent, so there is nothing to compile")
		}
		b = config.Linux.Seccomp
	}
	var profile seccomp.Seccomp
	if err := json.Unmarshal(b, &profile); err != nil {
		return nil, fail.New(fail.CodeInput, "read profile: %w", err)
	}
	return t.resolve(&profile)
}

func profileOf(c *tool.Call, t target) (*specs.LinuxSeccomp, error) {
	b, err := read(c)
	if err != nil {
		return nil, err
	}
	return decode(b, t)
}

package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/sibling"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/spec"
)

const (
	unconfined = "unconfined"
	maxProfile = 16 << 20
)

// standard is what gt-seccomp prints for these arguments. The answer is kept
// among the data: it depends on nothing but them, the program and the kernel.
func standard(ctx context.Context, args []string) (*specs.LinuxSeccomp, error) {
	name, err := keptName(args)
	if err != nil {
		return nil, err
	}
	if text, err := os.ReadFile(name); err == nil {
		if p, err := decodeProfile(name, text); err == nil {
			return p, nil
		}
	}
	text, err := sibling.Output(ctx, "gt-seccomp", args...)
	if err != nil {
		return nil, err
	}
	// Kept if it can be; the next call asks again if not.
	if os.MkdirAll(filepath.Dir(name), 0o700) == nil {
		tmp := name + "." + strconv.Itoa(os.Getpid())
		if os.WriteFile(tmp, text, 0o600) != nil || os.Rename(tmp, name) != nil {
			_ = os.Remove(tmp)
		}
	}
	return decodeProfile("gt-seccomp default", text)
}

func keptName(args []string) (string, error) {
	path, err := sibling.Path("gt-seccomp")
	if err != nil {
		return "", err
	}
	dir, err := bundle.Dir()
	if err != nil {
		return "", err
	}
	var st unix.Stat_t
	var uts unix.Utsname
	if err := unix.Stat(path, &st); err != nil {
		return "", fail.New(fail.CodeHost, "stat %s: %w", path, err)
	}
	if err := unix.Uname(&uts); err != nil {
		return "", err
	}
	h := fnv.New128a()
	fmt.Fprintf(h, "%q %s %d %d %d %s", args, path, st.Ino, st.Size, st.Mtim.Nano(), unix.ByteSliceToString(uts.Release[:]))
	return filepath.Join(filepath.Dir(dir), "seccomp", hex.EncodeToString(h.Sum(nil))+".json"), nil
}

// defaultProfile is the pipeline's first command: the arguments of gt-seccomp.
func defaultProfile(capabilities []string) []string {
	args := []string{"default"}
	if len(capabilities) > 0 {
		args = append(args, "--cap", strings.Join(capabilities, ","))
	}
	return args
}

// profile returns the object for config.json, nil for none.
func (o *options) profile(ctx context.Context, capabilities []string) (*specs.LinuxSeccomp, error) {
	if o.Seccomp == nil {
		return standard(ctx, defaultProfile(capabilities))
	}
	if *o.Seccomp == unconfined {
		return nil, nil
	}
	f, err := os.Open(*o.Seccomp)
	if err != nil {
		return nil, fail.New(fail.CodeNoSuch, "--seccomp: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxProfile+1))
	if err != nil {
		return nil, fail.New(fail.CodeInput, "--seccomp: %w", err)
	}
	if len(text) > maxProfile {
		return nil, fail.New(fail.CodeInput, "--seccomp: %s has more than %d bytes", *o.Seccomp, maxProfile)
	}
	name := "--seccomp: " + *o.Seccomp
	if conditional(text) {
		args := append([]string{"resolve"}, defaultProfile(capabilities)[1:]...)
		if text, err = sibling.Output(ctx, "gt-seccomp", append(args, *o.Seccomp)...); err != nil {
			return nil, err
		}
	}
	return decodeProfile(name, text)
}

// conditional tells Docker's own form, which leaves rules to architecture,
// capabilities and kernel. What is no JSON is for decodeProfile to refuse.
func conditional(text []byte) bool {
	var docker struct {
		ArchMap  json.RawMessage `json:"archMap"`
		Syscalls []struct {
			Includes, Excludes map[string]any
		} `json:"syscalls"`
	}
	if json.Unmarshal(text, &docker) != nil {
		return false
	}
	for _, s := range docker.Syscalls {
		if len(s.Includes)+len(s.Excludes) > 0 {
			return true
		}
	}
	return len(docker.ArchMap) > 0
}

func decodeProfile(name string, text []byte) (*specs.LinuxSeccomp, error) {
	profile, err := spec.DecodeSeccomp(text)
	if err != nil {
		return nil, fail.New(fail.CodeInput, "%s: %w", name, err)
	}
	if profile.DefaultAction == "" {
		return nil, fail.New(fail.CodeInput, "%s has no defaultAction", name)
	}
	return profile, nil
}

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/checkpoint-restore/go-criu/v8/rpc"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/criu"
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
)

// descriptors hands over what replaces that which came from outside.
func (v *revival) descriptors() error {
	for _, ns := range v.r.Spec.Linux.Namespaces {
		key := map[specs.LinuxNamespaceType]string{specs.NetworkNamespace: "net", specs.PIDNamespace: "pid"}[ns.Type]
		if key == "" || ns.Path == "" {
			continue
		}
		f, err := os.Open(ns.Path)
		if err != nil {
			return err
		}
		v.give(nsKeys[key], f)
	}
	seen := map[string]bool{}
	for _, s := range v.stdio() {
		if seen[s.Key] {
			continue
		}
		seen[s.Key] = true
		f, err := v.ours(s)
		if err != nil {
			return err
		}
		v.give(s.Key, f)
	}
	return nil
}

// stdio is the manifest's, or what runc left beside its images.
func (v *revival) stdio() []image.Stdio {
	if v.from.manifest != nil {
		return v.from.manifest.Stdio
	}
	var was []string
	b, err := os.ReadFile(filepath.Join(v.from.images, "descriptors.json"))
	if err != nil || json.Unmarshal(b, &was) != nil {
		return nil
	}
	var list []image.Stdio
	for fd, key := range was {
		if fd <= 2 && strings.HasPrefix(key, "pipe:") {
			list = append(list, image.Stdio{FD: fd, Key: key, Was: key})
		}
	}
	return list
}

// ours is a copy of our own descriptor of that number.
func (v *revival) ours(s image.Stdio) (*os.File, error) {
	if v.watch.takes(s) {
		return v.watch.pipe(s)
	}
	if s.Was == "/dev/null" || v.noStdio || v.watch != nil {
		return os.OpenFile("/dev/null", os.O_RDWR, 0)
	}
	fd, err := unix.FcntlInt(uintptr(s.FD), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), s.Key), nil
}

func (v *revival) give(key string, f *os.File) {
	fd := criu.File(len(v.files))
	v.files = append(v.files, f)
	v.inherit = append(v.inherit, &rpc.InheritFd{Key: &key, Fd: &fd})
}

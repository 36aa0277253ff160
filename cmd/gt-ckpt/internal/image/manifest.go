// Package image is a checkpoint at rest: the directory of one in the store, the
// manifest that says what it is, and the one stream that it travels as.
//
//	NAME/
//	  checkpoint/*.img   CRIU's images
//	  config.dump        who it was, as checkpointctl and Podman read it
//	  spec.dump          config.json as it was
//	  rootfs-diff.tar    what it changed in its root, and
//	  deleted.files      deleted there, where that goes along
//	  stats-dump         CRIU's times and counts
//	  dump.log           CRIU's log
//	  manifest.json      members with sizes and digests, host, options; last
package image

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// Format is the version of the manifest that this code writes; it refuses
// later ones.
const Format = 1

// The names of members.
const (
	ImagesDir    = "checkpoint"
	ManifestName = "manifest.json"
	ConfigName   = "config.dump"
	SpecName     = "spec.dump"
	LogName      = "dump.log"
	StatsName    = "stats-dump"
	ChangesName  = "rootfs-diff.tar"
	DeletedName  = "deleted.files"
)

// A Manifest says what a checkpoint is. Nothing in it is policy: capabilities,
// filters, limits, mounts and paths of the host come from the operator's spec.
type Manifest struct {
	Format      int               `json:"format"`
	Name        string            `json:"name"`
	Container   string            `json:"container"`
	Created     string            `json:"created"` // RFC 3339
	Bundle      string            `json:"bundle"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Host        Host              `json:"host"`
	Options     Options           `json:"options"`
	Processes   int               `json:"processes"`
	External    []External        `json:"external,omitempty"`
	Net         string            `json:"net,omitempty"`      // joined, own or host
	Pids        string            `json:"pids,omitempty"`     // joined, own or host
	EmptyNet    bool              `json:"emptyNet,omitempty"` // its own network namespace is made anew, not filled
	Loopback    bool              `json:"loopback,omitempty"` // and lo was up in it
	Stdio       []Stdio           `json:"stdio,omitempty"`
	Terminal    bool              `json:"terminal,omitempty"`
	Parent      string            `json:"parent,omitempty"`  // images of an engine's pre-dump
	Rounds      int               `json:"rounds,omitempty"`  // of pre-copy, in round-1 and so on
	Later       bool              `json:"later,omitempty"`   // its memory comes when it runs
	Foreign     bool              `json:"foreign,omitempty"` // came by a stream: its spec is nobody's policy
	Unlisted    bool              `json:"-"`                 // there was none: this is what config.dump says
	Root        *Root             `json:"root,omitempty"`    // what it changed in its root, where that goes along
	Files       []File            `json:"files"`
}

// Root is what the container changed in its root, in rootfs-diff.tar and
// deleted.files.
type Root struct {
	ID      string `json:"id"`      // of the root as it was then
	Size    int64  `json:"size"`    // of the archive
	Deleted int    `json:"deleted"` // names
}

// Host is where it was made.
type Host struct {
	Kernel string `json:"kernel"`
	Arch   string `json:"arch"`
	CPU    string `json:"cpu,omitempty"` // flags, as /proc/cpuinfo has them
	CRIU   int    `json:"criu"`          // 40201 is 4.2.1
	Tool   string `json:"tool"`
	Boot   string `json:"boot,omitempty"` // random(4)'s boot_id
}

// Options are what the restore has to repeat.
type Options struct {
	TCP       bool   `json:"tcpEstablished,omitempty"`
	ExtUnix   bool   `json:"extUnixSk,omitempty"`
	ShellJob  bool   `json:"shellJob,omitempty"`
	FileLocks bool   `json:"fileLocks,omitempty"`
	LinkRemap bool   `json:"linkRemap,omitempty"`
	Cgroups   string `json:"manageCgroups,omitempty"`
}

// External is a mount whose contents stay on the host.
type External struct {
	Point string `json:"point"`
	Type  string `json:"type"`
	Made  string `json:"made,omitempty"` // what a restore makes there: Mask or Hierarchies
}

// Mounts that follow from the spec: the empty tmpfs over masked directories,
// and the one with the directories of the cgroup v1 hierarchies.
const (
	Mask        = "mask"
	Hierarchies = "hierarchies"
)

// Stdio is one of the first descriptors that came from outside, under the name
// that CRIU knows it by.
type Stdio struct {
	FD  int    `json:"fd"`
	Key string `json:"key"`
	Was string `json:"was"`
}

// File is a member. A checkpoint in the store has digests of all but the memory
// pages, which would be read once more for it; a stream has all.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256,omitempty"`
}

// ThisHost fills in what is true here.
func ThisHost(criu int) Host {
	h := Host{Arch: runtime.GOARCH, CRIU: criu, Tool: tool.Version}
	h.Boot, _ = state.BootID() // "" is no boot at all
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		h.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			name, value, _ := strings.Cut(line, ":")
			if name = strings.TrimSpace(name); name == "flags" || name == "Features" {
				h.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	return h
}

// MaxManifest bounds a manifest, in bytes.
const MaxManifest = 8 << 20

// Decode reads a manifest and refuses what this version does not understand.
func Decode(b []byte) (*Manifest, error) {
	m := &Manifest{}
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fail.New(fail.CodeInput, "%s: %w", ManifestName, err)
	}
	switch {
	case m.Format < 1:
		return nil, fail.New(fail.CodeInput, "%s has no format, need one of gt-ckpt", ManifestName)
	case m.Format > Format:
		return nil, fail.New(fail.CodeInput, "checkpoint has format %d of a later gt-ckpt, need at most %d", m.Format, Format)
	}
	for _, f := range m.Files {
		if err := CheckName(f.Name); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Encode writes a manifest.
func (m *Manifest) Encode() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", "  ")
	return append(b, '\n'), err
}

// Read reads the manifest of a checkpoint's directory.
func Read(dir string) (*Manifest, error) {
	path := filepath.Join(dir, ManifestName)
	st, err := os.Stat(path)
	if os.IsNotExist(err) {
		return nil, fail.New(fail.CodeInput, "%s has no %s: its dump did not come to its end", dir, ManifestName)
	}
	if err != nil {
		return nil, err
	}
	if st.Size() > MaxManifest {
		return nil, fail.New(fail.CodeInput, "%s has %d bytes, need at most %d", path, st.Size(), MaxManifest)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Decode(b)
}

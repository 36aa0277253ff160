package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/scene"
	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
	"github.com/gophertainer/gophertainer/lib/ns"
)

// audit holds what came back against the spec, before it goes on: a checkpoint
// can contain any credentials.
func (v *revival) audit() error {
	pids, err := v.r.Group.Pids()
	if err != nil {
		return err
	}
	checked := 0
	for _, pid := range pids {
		if scene.Descends(pid, v.worker) {
			continue // CRIU and its helpers
		}
		if err := v.auditProcess("/proc/" + itoa(pid)); err != nil {
			return err
		}
		checked++
	}
	if checked == 0 {
		return fail.New(fail.CodeUnsafe, "no restored process is in the container's cgroup")
	}
	return nil
}

// auditProcess looks at every thread.
func (v *revival) auditProcess(dir string) error {
	if err := v.auditNamespaces(dir); err != nil {
		return err
	}
	tasks, err := os.ReadDir(dir + "/task")
	if err != nil {
		return err
	}
	for _, t := range tasks {
		status, err := readStatus(filepath.Join(dir, "task", t.Name(), "status"))
		if err != nil {
			return err
		}
		if err := auditStatus(v.r.Spec, status); err != nil {
			return err
		}
	}
	if err := v.auditLabel(dir); err != nil {
		return err
	}
	return v.auditMounts(dir)
}

// auditStatus compares credentials (proc_pid_status(5)).
func auditStatus(s *specs.Spec, status map[string]string) error {
	p := s.Process
	name, pid := status["Name"], status["NSpid"]
	refuse := func(format string, args ...any) error {
		e := fail.New(fail.CodeUnsafe, format, args...)
		e.Op = "restored process " + lastWord(pid) + " (" + name + ")"
		return e
	}
	bound := cred.Set(0)
	if c := p.Capabilities; c != nil {
		for _, list := range [][]string{c.Bounding, c.Permitted, c.Effective} {
			set, _ := cred.ParseSet(list)
			bound |= set
		}
	}
	for _, member := range []string{"CapBnd", "CapPrm", "CapEff", "CapInh", "CapAmb"} {
		have, err := strconv.ParseUint(status[member], 16, 64)
		if err != nil {
			return err
		}
		if more := cred.Set(have) &^ bound; more != 0 {
			return refuse("has %s in %s, which the spec does not grant", strings.Join(more.Names(), " "), member)
		}
	}
	if p.NoNewPrivileges && status["NoNewPrivs"] != "1" {
		return refuse("may gain privileges, need no_new_privs as the spec says")
	}
	if s.Linux.Seccomp != nil && status["Seccomp"] != "2" {
		return refuse("has no seccomp filter, need one as the spec says")
	}
	return auditUser(s, status, refuse)
}

// auditUser: who the spec makes somebody else than root, and lets gain nothing,
// is that one for ever.
func auditUser(s *specs.Spec, status map[string]string, refuse func(string, ...any) error) error {
	p := s.Process
	if p.User.UID == 0 || !p.NoNewPrivileges {
		return nil
	}
	if c := p.Capabilities; c != nil && slices.Contains(c.Ambient, "CAP_SETUID") {
		return nil
	}
	uid := p.User.UID
	if m := s.Linux.UIDMappings; len(m) > 0 {
		var mapped bool
		if uid, mapped = idmap.Map(m).ToHost(uid); !mapped {
			return refuse("has users of this host, and the spec's maps have none for its user %d", p.User.UID)
		}
	}
	for _, have := range strings.Fields(status["Uid"]) {
		if have != strconv.FormatUint(uint64(uid), 10) {
			return refuse("has user %s on this host, which the spec does not let it become, need %d", have, uid)
		}
	}
	return nil
}

// auditLabel: a process that the spec confines is not unconfined.
func (v *revival) auditLabel(dir string) error {
	p := v.r.Spec.Process
	want := p.ApparmorProfile + p.SelinuxLabel
	if want == "" || v.lsmProfile != "" {
		return nil
	}
	b, err := os.ReadFile(dir + "/attr/current")
	if err != nil {
		return err
	}
	have := strings.TrimRight(string(b), "\n\x00")
	if have == "unconfined" || strings.Contains(have, ":unconfined_t:") || have == "kernel" {
		return fail.New(fail.CodeUnsafe, "restored process has the label %s, need %s", have, want)
	}
	return nil
}

func lastWord(s string) string {
	f := strings.Fields(s)
	if len(f) == 0 {
		return "?"
	}
	return f[len(f)-1]
}

func readStatus(path string) (map[string]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := map[string]string{}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(line, ":")
		m[name] = strings.TrimSpace(value)
	}
	return m, nil
}

// auditNamespaces: what the spec separates is separate, and what it joins is
// what it names.
func (v *revival) auditNamespaces(dir string) error {
	for i, want := range v.r.Spec.Linux.Namespaces {
		file := ns.File(want.Type)
		have, err := os.Readlink(dir + "/ns/" + file)
		if err != nil {
			return err
		}
		if want.Type == specs.CgroupNamespace {
			continue
		}
		other := "/proc/self/ns/" + file
		same := false
		if target, err := os.Readlink(other); err == nil {
			same = target == have
		}
		var e *fail.Error
		if want.Path != "" && !isAt(want.Path, dir+"/ns/"+file) {
			e = fail.New(fail.CodeUnsafe, "restored process is in another %s namespace than that of %s", want.Type, want.Path)
		} else if same && want.Path == "" {
			e = fail.New(fail.CodeUnsafe, "restored process is in the host's %s namespace", want.Type)
		}
		if e != nil {
			e.Member = "/linux/namespaces/" + itoa(i)
			return e
		}
	}
	return nil
}

// isAt tells whether two paths lead to the same namespace.
func isAt(a, b string) bool {
	var at, bt unix.Stat_t
	return unix.Stat(a, &at) == nil && unix.Stat(b, &bt) == nil && at.Dev == bt.Dev && at.Ino == bt.Ino
}

// auditMounts: nothing of the host's disks is mounted that the spec does not
// name.
func (v *revival) auditMounts(dir string) error {
	mounts, err := scene.Mounts(filepath.Base(dir))
	if err != nil {
		return err
	}
	allowed, err := v.places()
	if err != nil {
		return err
	}
	foreign := scene.Foreign(mounts, v.host)
	if len(foreign) > 0 {
		// The number of one that the host had before may be the container's now.
		now, err := scene.Mounts("self")
		if err != nil {
			return err
		}
		foreign = scene.Foreign(foreign, now)
	}
	for _, m := range foreign {
		if _, ok := allowed[filepath.Clean(m.Point)]; !ok && !under(m.Point, v.r.Spec) {
			return fail.New(fail.CodeUnsafe, "restored container has a mount of the host (%s %s) at %s, which the spec does not name", m.Type, m.Source, m.Point)
		}
	}
	return nil
}

// under: rbind takes mounts below its source along.
func under(point string, s *specs.Spec) bool {
	for i := range s.Mounts {
		m := &s.Mounts[i]
		if isBind(m) && slices.Contains(m.Options, "rbind") && strings.HasPrefix(point, filepath.Clean(m.Destination)+"/") {
			return true
		}
	}
	return false
}

package birth

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/mount"
	"github.com/gophertainer/gophertainer/lib/ns"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/seccomp"
	"github.com/gophertainer/gophertainer/lib/spec"
)

var update = flag.Bool("update", false, "write the plans that the tests compare with")

// hosts are the cgroup layouts, as a group named box sees them.
var hosts = map[string][]mount.Hierarchy{
	"v1": {
		{Name: "cpu,cpuacct", Data: "cpu,cpuacct", Dir: "/sys/fs/cgroup/cpu,cpuacct/box", Links: []string{"cpu", "cpuacct"}},
		{Name: "memory", Data: "memory", Dir: "/sys/fs/cgroup/memory/box"},
		{Name: "systemd", Data: "none,name=systemd", Dir: "/sys/fs/cgroup/systemd/box"},
	},
	"v2":   {{Dir: "/sys/fs/cgroup/box"}},
	"none": nil,
}

// compiled makes the plan of a config.json on a host with that layout.
func compiled(raw []byte, host string, filter []byte) (*plan.Plan, error) {
	s, err := spec.Decode(raw)
	if err != nil {
		return nil, err
	}
	if err := spec.Check(s); err != nil {
		return nil, err
	}
	set, err := ns.Open(s.Linux.Namespaces)
	if err != nil {
		return nil, err
	}
	defer set.Close()
	set.Offsets(len(s.Linux.TimeOffsets) > 0)
	return Compile(&Input{
		Spec: s, Namespace: set, Permitted: ^cred.Set(0), ID: "box", Gate: 1,
		State: []byte(`{"id":"box"}`), Warn: func(string, ...any) {},
		Filter: seccomp.Program{Filter: filter},
		Host: mount.Host{
			Bundle: "/bundle", Hierarchies: hosts[host], CgroupNS: set.Has(unix.CLONE_NEWCGROUP), UserNS: set.Has(unix.CLONE_NEWUSER),
			Label: s.Linux.MountLabel,
		},
	})
}

// lines prints a plan: a step a line, members that are not zero.
func lines(t *testing.T, p *plan.Plan) string {
	t.Helper()
	var b strings.Builder
	for i := range p.Steps {
		raw, err := json.Marshal(p.Steps[i])
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		m["Op"] = p.Steps[i].Op.String()
		for k, v := range m {
			if v == nil || v == "" || v == 0.0 {
				delete(m, k)
			}
		}
		if raw, err = json.Marshal(m); err != nil {
			t.Fatal(err)
		}
		b.Write(append(raw, '\n'))
	}
	return b.String()
}

// TestGolden compiles real config.json files (runc spec's, one of Docker, one
// of Podman …) and compares the plans with those beside them, without root.
// -update writes them anew.
func TestGolden(t *testing.T) {
	for _, c := range []struct{ config, host string }{
		{"runc", "v1"},
		{"runc", "v2"},
		{"docker", "v1"},
		{"docker", "v2"},
		{"podman", "v2"},
		{"rootless", "none"},
		{"joined", "v2"},
		{"userns", "v1"},
		{"everything", "v2"},
		{"members", "v1"},
	} {
		t.Run(c.config+"-"+c.host, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("testdata", c.config+".json"))
			if c.config == "rootless" {
				raw, err = spec.Rootless(1000, 1000), nil
			}
			if err != nil {
				t.Fatal(err)
			}
			p, err := compiled(raw, c.host, []byte("8 bytes."))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, filepath.Join("testdata", c.config+"-"+c.host+".plan"), lines(t, p))
			orders(t, p)
		})
	}
}

func compare(t *testing.T, name, have string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(have), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	h, w := strings.Split(have, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(h), len(w)) {
		a, b := "", ""
		if i < len(h) {
			a = h[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Fatalf("%s:%d: have\n%s\nneed\n%s\n(go test -run TestGolden -update writes them anew)", name, i+1, a, b)
		}
	}
}

// orders holds every plan to the rules that each cost somebody a CVE.
func orders(t *testing.T, p *plan.Plan) {
	t.Helper()
	at := map[plan.Op]int{}
	for i := range p.Steps {
		at[p.Steps[i].Op] = i
		if i > 0 && p.Steps[i].Op == plan.OpMount && at[plan.OpPivot] > 0 {
			t.Errorf("step %d mounts behind the pivot", i)
		}
	}
	for _, r := range [][2]plan.Op{
		{plan.OpPropagation, plan.OpRoot},
		{plan.OpRoot, plan.OpMount},
		{plan.OpMount, plan.OpMask},
		{plan.OpMask, plan.OpPivot},
		{plan.OpPivot, plan.OpUser},
		{plan.OpBound, plan.OpUser},
		{plan.OpUser, plan.OpCapabilities},
		{plan.OpUser, plan.OpChdir},
		{plan.OpCapabilities, plan.OpReady},
		{plan.OpReady, plan.OpExec},
	} {
		a, aok := at[r[0]]
		b, bok := at[r[1]]
		if aok && bok && a > b {
			t.Errorf("%s is step %d, need it before %s, %d", r[0], a, r[1], b)
		}
	}
	if last := p.Steps[len(p.Steps)-1].Op; last != plan.OpExec {
		t.Errorf("the last step is %s, need exec", last)
	}
}

// FuzzCompile: whatever a checked spec says, it compiles or is refused with the
// member.
func FuzzCompile(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.json")
	for _, name := range names {
		if raw, err := os.ReadFile(name); err == nil {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s specs.Spec
		if json.Unmarshal(raw, &s) != nil {
			return
		}
		p, err := compiled(raw, "v1", nil)
		if err != nil {
			return
		}
		b := p.Encode()
		if steps, why := plan.Decode(b, make([]byte, plan.Room(len(b)))); why != 0 || len(steps) != len(p.Steps) {
			t.Errorf("plan does not survive its encoding: %v", why)
		}
	})
}

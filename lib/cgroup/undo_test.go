package cgroup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFormer(t *testing.T) {
	for _, c := range []struct{ file, value, text, want string }{
		{"pids.max", "5", "max", "max"},
		{"cpu.max", "max 50000", "1000 100000", "1000 100000"},
		{"cpuset.cpus", "0", "", ""},
		{"memory.oom_control", "1", "oom_kill_disable 0\nunder_oom 0\noom_kill 3", "0"},
		{"io.weight", "50", "default 100\n8:0 70", "default 100"},
		{"io.weight", "8:0 1", "default 100\n8:0 70", "8:0 70"},
		{"io.weight", "8:16 1", "default 100\n8:0 70", "8:16 default"},
		{"io.max", "8:0 rbps=5", "", "8:0 rbps=max wbps=max riops=max wiops=max"},
		{"io.max", "8:0 rbps=5", "8:00 x\n8:0 rbps=9 wbps=max riops=max wiops=1", "8:0 rbps=9 wbps=max riops=max wiops=1"},
		{"blkio.throttle.read_bps_device", "8:0 5", "", "8:0 0"},
		{"rdma.max", "a hca_object=1", "b hca_handle=max hca_object=7\na hca_handle=2 hca_object=max", "a hca_handle=2 hca_object=max"},
		{"net_prio.ifpriomap", "lo 5", "lo 0\neth0 1", "lo 0"},
	} {
		if have := former(setting{file: c.file, value: c.value}, c.text); have != c.want {
			t.Errorf("%s %q: have %q, need %q", c.file, c.text, have, c.want)
		}
	}
}

// TestUndo: after an update of which the last limit is refused, all files of the
// group are as before, whatever was set there.
func TestUndo(t *testing.T) {
	g := newGroup(t)
	if g.mode == V2 || g.dir("memory") == "" || g.dir("cpu") == "" || g.dir("blkio") == "" {
		t.Skip("need the v1 controllers memory, cpu and blkio")
	}
	disks, err := filepath.Glob("/sys/block/*/dev")
	if err != nil || len(disks) == 0 {
		t.Skip("need a block device: ", err)
	}
	text, err := os.ReadFile(disks[0])
	if err != nil {
		t.Fatal(err)
	}
	major, minor, _ := strings.Cut(strings.TrimSpace(string(text)), ":")
	rate := func(n string) string { return `{"major":` + major + `,"minor":` + minor + `,"rate":` + n + `}` }
	const refused = `,"rdma":{"nothere":{"hcaHandles":1}}}`
	for i, good := range []string{
		`{"memory":{"limit":67108864,"swappiness":20},"cpu":{"quota":50000,"period":100000,"shares":700}}`,
		`{"memory":{"limit":33554432,"reservation":9999360,"disableOOMKiller":true},"cpu":{"quota":150000,"period":200000},"blockIO":{"throttleReadBpsDevice":[` + rate("1000000") + `]}}`,
		`{"memory":{"limit":-1},"cpu":{"quota":-1,"idle":1},"pids":{"limit":10},"blockIO":{"throttleReadBpsDevice":[` + rate("7000000") + `],"throttleWriteIOPSDevice":[` + rate("100") + `]}}`,
		`{"cpu":{"cpus":"0","mems":"0"},"pids":{"limit":-1}}`,
	} {
		before := contents(t, g)
		u, err := g.Update(resources(t, strings.TrimSuffix(good, "}")+refused))
		if err == nil || !strings.Contains(err.Error(), "/linux/resources/rdma/nothere") {
			t.Fatalf("%d: have %v, need a refusal", i, err)
		}
		if contents(t, g) == before {
			t.Errorf("%d: have the same after the update", i)
		}
		if err := u.Back(); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		if after := contents(t, g); after != before {
			t.Errorf("%d: have\n%sneed\n%s", i, after, before)
		}
		if _, err := g.Update(resources(t, good)); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
}

// contents are the limits that stand in the files of a v1 group.
func contents(t *testing.T, g *Group) string {
	t.Helper()
	var b strings.Builder
	for _, s := range []struct{ controller, files string }{
		{"memory", "memory.limit_in_bytes memory.soft_limit_in_bytes memory.swappiness memory.oom_control memory.memsw.limit_in_bytes"},
		{"cpu", "cpu.shares cpu.cfs_quota_us cpu.cfs_period_us cpu.idle"},
		{"cpuset", "cpuset.cpus cpuset.mems"},
		{"pids", "pids.max"},
		{"blkio", "blkio.throttle.read_bps_device blkio.throttle.write_iops_device"},
	} {
		for _, file := range strings.Fields(s.files) {
			if text, err := read(g.dir(s.controller), file); err == nil {
				b.WriteString(file + "=" + text + "\n")
			}
		}
	}
	return b.String()
}

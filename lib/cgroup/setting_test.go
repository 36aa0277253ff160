package cgroup

import (
	"encoding/json"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Each row is resources as in config.json, and what is written on v1 and on v2,
// in order; a value behind ! is a refusal.
//
//house:table
var rows = []struct{ resources, v1, v2 string }{
	{`{}`, "", ""},
	{
		`{"memory":{"limit":67108864,"swap":134217728,"disableOOMKiller":false},"cpu":{"shares":0,"quota":50000,"period":100000},"blockIO":{"weight":0}}`,
		"memory.limit_in_bytes=67108864 memory.memsw.limit_in_bytes=134217728 cpu.cfs_period_us=100000 cpu.cfs_quota_us=50000",
		"memory.swap.max=67108864 memory.max=67108864 cpu.max=50000 100000",
	},
	{`{"memory":{"limit":-1}}`, "memory.limit_in_bytes=-1 memory.memsw.limit_in_bytes=-1?", "memory.swap.max=max? memory.max=max"},
	{`{"memory":{"limit":4096,"swap":4096}}`, "memory.limit_in_bytes=4096 memory.memsw.limit_in_bytes=4096", "memory.swap.max=0? memory.max=4096"},
	{`{"memory":{"limit":4096,"swap":-1,"reservation":2048}}`, "memory.limit_in_bytes=4096 memory.memsw.limit_in_bytes=-1 memory.soft_limit_in_bytes=2048", "memory.swap.max=max? memory.max=4096 memory.low=2048"},
	{`{"memory":{"swappiness":0}}`, "memory.swappiness=0", "!/linux/resources/memory/swappiness"},
	{`{"memory":{"disableOOMKiller":true}}`, "memory.oom_control=1", "!/linux/resources/memory/disableOOMKiller"},
	{`{"memory":{"kernel":1048576}}`, "memory.kmem.limit_in_bytes=1048576", "!/linux/resources/memory/kernel"},
	{`{"cpu":{"shares":1024}}`, "cpu.shares=1024", "cpu.weight=100"},
	{`{"cpu":{"shares":2}}`, "cpu.shares=2", "cpu.weight=1"},
	{`{"cpu":{"shares":262144}}`, "cpu.shares=262144", "cpu.weight=10000"},
	{`{"cpu":{"quota":-1}}`, "cpu.cfs_quota_us=-1", "cpu.max=max"},
	{`{"cpu":{"quota":-1,"period":50000,"burst":1000}}`, "cpu.cfs_period_us=50000 cpu.cfs_quota_us=-1 cpu.cfs_burst_us=1000", "cpu.max=max 50000 cpu.max.burst=1000"},
	{`{"cpu":{"idle":1,"shares":512}}`, "cpu.shares=512 cpu.idle=1", "cpu.weight=59 cpu.idle=1"},
	{`{"cpu":{"idle":0,"shares":512}}`, "cpu.idle=0 cpu.shares=512", "cpu.idle=0 cpu.weight=59"},
	{`{"cpu":{"realtimePeriod":1000000,"realtimeRuntime":950000}}`, "cpu.rt_period_us=1000000 cpu.rt_runtime_us=950000", "!/linux/resources/cpu/realtimePeriod"},
	{`{"cpu":{"cpus":"0-1","mems":"0"}}`, "cpuset.cpus=0-1 cpuset.mems=0", "cpuset.cpus=0-1 cpuset.mems=0"},
	{`{"pids":{"limit":0}}`, "", ""},
	{`{"pids":{"limit":-1}}`, "pids.max=max", "pids.max=max"},
	{`{"pids":{"limit":32}}`, "pids.max=32", "pids.max=32"},
	{`{"blockIO":{"weight":500,"weightDevice":[{"major":8,"minor":0,"weight":10}]}}`, "blkio.weight=500 blkio.weight_device=8:0 10", "io.weight=4950 io.weight=8:0 1"},
	{`{"blockIO":{"leafWeight":10}}`, "blkio.leaf_weight=10", "!/linux/resources/blockIO/leafWeight"},
	{
		`{"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":1,"rate":7}],"throttleWriteIOPSDevice":[{"major":8,"minor":2,"rate":9}]}}`,
		"blkio.throttle.read_bps_device=8:1 7 blkio.throttle.write_iops_device=8:2 9", "io.max=8:1 rbps=7 io.max=8:2 wiops=9",
	},
	{`{"hugepageLimits":[{"pageSize":"2MB","limit":0}]}`, "hugetlb.2MB.limit_in_bytes=0 hugetlb.2MB.rsvd.limit_in_bytes=0?", "hugetlb.2MB.max=0 hugetlb.2MB.rsvd.max=0?"},
	{`{"rdma":{"mlx5_1":{"hcaHandles":3,"hcaObjects":10},"b":{"hcaObjects":0}}}`, "rdma.max=b hca_object=0 rdma.max=mlx5_1 hca_handle=3 hca_object=10", "rdma.max=b hca_object=0 rdma.max=mlx5_1 hca_handle=3 hca_object=10"},
	{`{"network":{"classID":1048577,"priorities":[{"name":"eth0","priority":5}]}}`, "net_cls.classid=1048577 net_prio.ifpriomap=eth0 5", "!/linux/resources/network/classID"},
	{`{"unified":{"memory.high":"1G","cgroup.max.depth":"3"}}`, "!/linux/resources/unified", "cgroup.max.depth=3 memory.high=1G"},
}

func words(r *specs.LinuxResources, mode Mode) string {
	if err := refuse(r, mode); err != nil {
		member, _, _ := strings.Cut(err.Error(), ": ")
		return "!" + member
	}
	list := settingsV1(r)
	if mode == V2 {
		list = settingsV2(r)
	}
	var out []string
	for _, s := range list {
		word := s.file + "=" + s.value
		if s.optional {
			word += "?"
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

func TestSettings(t *testing.T) {
	for _, row := range rows {
		r := &specs.LinuxResources{}
		if err := json.Unmarshal([]byte(row.resources), r); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			mode Mode
			want string
		}{{V1, row.v1}, {Hybrid, row.v1}, {V2, row.v2}} {
			if have := words(r, c.mode); have != c.want {
				t.Errorf("%s on %s:\nhave %s\nneed %s", row.resources, c.mode, have, c.want)
			}
		}
	}
}

// TestMembers: what is written names the member that wants it.
func TestMembers(t *testing.T) {
	for _, row := range rows {
		r, tree := &specs.LinuxResources{}, map[string]any{}
		if json.Unmarshal([]byte(row.resources), r) != nil || json.Unmarshal([]byte(row.resources), &tree) != nil {
			t.Fatal(row.resources)
		}
		for _, s := range append(settingsV1(r), settingsV2(r)...) {
			top := strings.Split(strings.TrimPrefix(s.member, "/linux/resources/"), "/")[0]
			if tree[top] == nil {
				t.Errorf("%s: %s names %s", row.resources, s.file, s.member)
			}
			if !inGroup(s.file) {
				t.Errorf("%s: file %q leaves the group", row.resources, s.file)
			}
		}
	}
}

package cgroup

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/cgroups/fs"
	"github.com/opencontainers/cgroups/fs2"
	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// The library that other runtimes use writes into a directory of ordinary
// files; what we would write has to be the same, file by file.

// random makes limits as engines send them: each is unset, none, or something.
func random(r *rand.Rand) *specs.LinuxResources {
	signed := func(n int64) *int64 {
		v := []int64{0, -1, 1 + r.Int64N(n)}[r.IntN(3)]
		return []*int64{nil, &v}[r.IntN(2)]
	}
	number := func(from, to uint64) *uint64 {
		v := from + r.Uint64N(to-from)
		return []*uint64{nil, &v}[r.IntN(2)]
	}
	weight := uint16(10 + r.IntN(990))
	res := &specs.LinuxResources{
		Memory: &specs.LinuxMemory{Limit: signed(1 << 40), Reservation: signed(1 << 30)},
		CPU: &specs.LinuxCPU{
			Shares: number(2, 262145), Quota: signed(1e6), Period: number(1000, 1e6), Burst: number(0, 1e6),
			Cpus: []string{"", "0-1"}[r.IntN(2)], Mems: []string{"", "0"}[r.IntN(2)],
		},
		Pids:    &specs.LinuxPids{Limit: signed(1 << 20)},
		BlockIO: &specs.LinuxBlockIO{Weight: []*uint16{nil, &weight}[r.IntN(2)]},
	}
	if l := res.Memory.Limit; l != nil && *l > 0 && r.IntN(2) == 0 {
		swap := *l + r.Int64N(1<<30)
		res.Memory.Swap = &swap
	}
	if r.IntN(2) == 0 {
		d := specs.LinuxThrottleDevice{Rate: r.Uint64N(1 << 40)}
		d.Major, d.Minor = 8, int64(r.IntN(16))
		res.BlockIO.ThrottleReadBpsDevice = []specs.LinuxThrottleDevice{d}
	}
	if r.IntN(4) == 0 {
		res.HugepageLimits = []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: r.Uint64N(1 << 30)}}
	}
	return res
}

// theirs says the same to the library.
func theirs(r *specs.LinuxResources) *cgroups.Resources {
	value := func(p *int64) int64 {
		if p == nil {
			return 0
		}
		return *p
	}
	unsigned := func(p *uint64) uint64 {
		if p == nil {
			return 0
		}
		return *p
	}
	t := &cgroups.Resources{
		Memory: value(r.Memory.Limit), MemorySwap: value(r.Memory.Swap), MemoryReservation: value(r.Memory.Reservation),
		CpuShares: unsigned(r.CPU.Shares), CpuWeight: cgroups.ConvertCPUSharesToCgroupV2Value(unsigned(r.CPU.Shares)),
		CpuQuota: value(r.CPU.Quota), CpuPeriod: unsigned(r.CPU.Period), CpuBurst: r.CPU.Burst,
		CpusetCpus: r.CPU.Cpus, CpusetMems: r.CPU.Mems,
	}
	if p := r.Pids.Limit; p != nil && *p != 0 { // 0 is unset for us, as it is for Docker
		t.PidsLimit = p
	}
	if w := r.BlockIO.Weight; w != nil {
		t.BlkioWeight = *w
	}
	for _, d := range r.BlockIO.ThrottleReadBpsDevice {
		t.BlkioThrottleReadBpsDevice = append(t.BlkioThrottleReadBpsDevice, cgroups.NewThrottleDevice(d.Major, d.Minor, d.Rate))
	}
	for _, h := range r.HugepageLimits {
		t.HugetlbLimit = append(t.HugetlbLimit, &cgroups.HugepageLimit{Pagesize: h.Pagesize, Limit: h.Limit})
	}
	return t
}

// written reads a directory of files that were written.
func written(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join(dir, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > 0 && n.Name() != "cgroup.controllers" {
			files[n.Name()] = string(b)
		}
	}
	return files
}

// ours is what we would write, the last value of each file.
func ours(list []setting) map[string]string {
	files := map[string]string{}
	for _, s := range list {
		files[s.file] = s.value
	}
	return files
}

func TestOracleV2(t *testing.T) {
	cgroups.TestMode = true
	defer func() { cgroups.TestMode = false }()
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		res := random(r)
		dir := t.TempDir()
		controllers := []byte("cpu cpuset memory pids io hugetlb")
		if err := os.WriteFile(filepath.Join(dir, "cgroup.controllers"), controllers, 0o644); err != nil {
			t.Fatal(err)
		}
		in := theirs(res)
		m, err := fs2.NewManager(&cgroups.Cgroup{Resources: in}, dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Set(in); err != nil {
			t.Fatal(err)
		}
		have := ours(settingsV2(res))
		// The kernel takes a quota alone, and keeps the period.
		if v, ok := have["cpu.max"]; ok && (res.CPU.Period == nil || *res.CPU.Period == 0) {
			have["cpu.max"] = v + " 100000"
		}
		compare(t, res, have, written(t, dir))
	}
}

func TestOracleV1(t *testing.T) {
	cgroups.TestMode = true
	defer func() { cgroups.TestMode = false }()
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		res := random(r)
		dir := t.TempDir()
		// Files that the library reads before or after it writes.
		shares := "0"
		if res.CPU.Shares != nil {
			shares = itoa(*res.CPU.Shares)
		}
		for file, value := range map[string]string{"cpu.shares": shares, "memory.limit_in_bytes": "0", "memory.memsw.limit_in_bytes": "", "blkio.weight": ""} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(value), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		in := theirs(res)
		for _, set := range []func(string, *cgroups.Resources) error{
			(&fs.MemoryGroup{}).Set, (&fs.CpuGroup{}).Set, (&fs.CpusetGroup{}).Set, (&fs.PidsGroup{}).Set, (&fs.BlkioGroup{}).Set, (&fs.HugetlbGroup{}).Set,
		} {
			if err := set(dir, in); err != nil {
				t.Fatal(err)
			}
		}
		want := written(t, dir)
		for file, value := range map[string]string{"cpu.shares": "0", "memory.limit_in_bytes": "0"} {
			if want[file] == value {
				delete(want, file)
			}
		}
		compare(t, res, ours(settingsV1(res)), want)
	}
}

func compare(t *testing.T, res *specs.LinuxResources, have, want map[string]string) {
	t.Helper()
	if !reflect.DeepEqual(have, want) {
		in, err := json.Marshal(res)
		if err != nil {
			t.Fatal(err)
		}
		t.Fatalf("%s:\nhave %v\nneed %v", in, have, want)
	}
}

func TestWeights(t *testing.T) {
	for shares := uint64(1); shares < 300000; shares += 7 {
		if have, want := weight(shares), cgroups.ConvertCPUSharesToCgroupV2Value(shares); have != want {
			t.Fatalf("%d shares: have weight %d, need %d", shares, have, want)
		}
	}
	for w := uint16(10); w <= 1000; w++ {
		if have, want := ioWeight(w), itoa(cgroups.ConvertBlkIOToIOWeightValue(w)); have != want {
			t.Fatalf("weight %d: have %s, need %s", w, have, want)
		}
	}
}

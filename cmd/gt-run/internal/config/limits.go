package config

import (
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/limit"
)

// Limits are what the container may use; zero is no limit.
type Limits struct {
	Memory      int64 // bytes
	Swap        int64 // bytes of memory and swap; -1 is no limit
	Reservation int64 // bytes
	CPU         int64 // quota in microseconds of each limit.Period
	Shares      uint64
	Cpus, Mems  string
	Pids        int64
	BlockIO     specs.LinuxBlockIO
	Rlimits     []specs.POSIXRlimit
	OOMScore    *int
	Shm         int64 // bytes of /dev/shm; 0: the template's
}

func (a *Ask) resources(s *specs.Spec) {
	r := s.Linux.Resources
	if r == nil {
		r = &specs.LinuxResources{}
		s.Linux.Resources = r
	}
	if a.Memory != 0 || a.Reservation != 0 {
		r.Memory = &specs.LinuxMemory{Limit: given(a.Memory), Swap: given(a.Swap), Reservation: given(a.Reservation)}
	}
	if a.CPU != 0 || a.Shares != 0 || a.Cpus != "" || a.Mems != "" {
		r.CPU = &specs.LinuxCPU{Quota: given(a.CPU), Shares: given(a.Shares), Cpus: a.Cpus, Mems: a.Mems}
		if a.CPU != 0 {
			r.CPU.Period = given(uint64(limit.Period))
		}
	}
	if a.Pids != 0 {
		r.Pids = &specs.LinuxPids{Limit: &a.Pids}
	}
	b := &a.BlockIO
	if b.Weight != nil || len(b.ThrottleReadBpsDevice)+len(b.ThrottleWriteBpsDevice)+len(b.ThrottleReadIOPSDevice)+len(b.ThrottleWriteIOPSDevice) > 0 {
		r.BlockIO = b
	}
	if a.Shm != 0 {
		for i := range s.Mounts {
			if m := &s.Mounts[i]; m.Destination == "/dev/shm" {
				m.Options = append(without(m.Options, "size="), "size="+strconv.FormatInt(a.Shm, 10))
			}
		}
	}
}

// given is nil for what was not asked for.
func given[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

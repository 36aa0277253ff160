package lint

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// resources: controllers, processors, nodes and huge pages of this host.
func (l *linter) resources() error {
	if m := l.spec.Linux.MemoryPolicy; m != nil {
		l.within("/linux/memoryPolicy/nodes", m.Nodes, "/sys/devices/system/node/online")
	}
	if path := l.spec.Linux.CgroupsPath; l.systemd {
		l.add(Error, cgroup.CheckScope(path, l.spec.Annotations))
	} else {
		_, err := cgroup.Locate(path, "lint")
		l.add(Error, err)
	}
	r := l.spec.Linux.Resources
	if r == nil {
		return nil
	}
	missing, err := cgroup.Missing(r)
	if err != nil {
		return err
	}
	for _, err := range missing {
		l.add(Error, err)
	}
	if c := r.CPU; c != nil {
		l.within("/linux/resources/cpu/cpus", c.Cpus, "/sys/devices/system/cpu/online")
		l.within("/linux/resources/cpu/mems", c.Mems, "/sys/devices/system/node/online")
	}
	for i, h := range r.HugepageLimits {
		size := kilobytes(h.Pagesize)
		if size == 0 {
			continue // found wrong already
		}
		if _, err := os.Stat("/sys/kernel/mm/hugepages/hugepages-" + strconv.FormatUint(size, 10) + "kB"); os.IsNotExist(err) {
			l.tell(Error, fail.CodeHost, at("/linux/resources/hugepageLimits", i)+"/pageSize", "the kernel has no huge pages of "+h.Pagesize+", need a size of /sys/kernel/mm/hugepages")
		}
	}
	return nil
}

// kilobytes of a size as the controller writes it, 0 if it is none.
func kilobytes(size string) uint64 {
	for unit, factor := range map[string]uint64{"KB": 1, "MB": 1 << 10, "GB": 1 << 20} {
		if digits, ok := strings.CutSuffix(size, unit); ok {
			n, err := strconv.ParseUint(digits, 10, 32)
			if err != nil {
				return 0
			}
			return n * factor
		}
	}
	return 0
}

// within compares a list with what is online; a host that does not tell is not
// asked.
func (l *linter) within(member, list, file string) {
	text, err := os.ReadFile(file)
	if err != nil || list == "" {
		return
	}
	online := numbers(strings.TrimSpace(string(text)))
	for _, n := range slices.Sorted(maps.Keys(numbers(list))) {
		if !online[n] {
			l.tell(Error, fail.CodeHost, member, "have "+strconv.Itoa(n)+", need numbers of "+strings.TrimSpace(string(text)))
			return
		}
	}
}

// numbers reads a list such as 0-3,7; what it cannot read it leaves out.
func numbers(list string) map[int]bool {
	all := map[int]bool{}
	for part := range strings.SplitSeq(list, ",") {
		low, high, pair := strings.Cut(strings.TrimSpace(part), "-")
		if !pair {
			high = low
		}
		a, err := strconv.ParseUint(low, 10, 16)
		b, err2 := strconv.ParseUint(high, 10, 16)
		if err != nil || err2 != nil {
			continue
		}
		for n := a; n <= b; n++ {
			all[int(n)] = true
		}
	}
	return all
}

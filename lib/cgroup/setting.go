package cgroup

import (
	"slices"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// setting is one file to write, and the member of the spec that wants it.
type setting struct {
	member     string
	controller string
	file       string
	value      string
	optional   bool // a kernel without the file is content
}

// limits collects settings in the order of writing.
type limits struct{ list []setting }

func (l *limits) add(member, controller, file, value string) {
	l.list = append(l.list, setting{member: "/linux/resources/" + member, controller: controller, file: file, value: value})
}

// may adds what a kernel need not have.
func (l *limits) may(member, controller, file, value string) {
	l.add(member, controller, file, value)
	l.list[len(l.list)-1].optional = true
}

// number adds a value that is set and not 0, which engines send for unset.
func (l *limits) number(v *uint64, member, controller, file string) {
	if v != nil && *v != 0 {
		l.add(member, controller, file, strconv.FormatUint(*v, 10))
	}
}

// signed is number for values of which -1 is none.
func (l *limits) signed(v *int64, member, controller, file string) {
	if v != nil && *v != 0 {
		l.add(member, controller, file, strconv.FormatInt(*v, 10))
	}
}

func (l *limits) word(v, member, controller, file string) {
	if v != "" {
		l.add(member, controller, file, v)
	}
}

// pids: below 1 is no limit (runtime-spec config-linux.md, "PIDs").
func (l *limits) pids(p *specs.LinuxPids) {
	if p == nil || p.Limit == nil || *p.Limit == 0 {
		return
	}
	l.add("pids/limit", "pids", "pids.max", limit(max(*p.Limit, -1)))
}

// huge: reservations are limited too where the kernel counts them
// (runtime-spec config-linux.md, "Huge page limits").
func (l *limits) huge(list []specs.LinuxHugepageLimit, file string) {
	for i, h := range list {
		member := "hugepageLimits/" + strconv.Itoa(i)
		l.add(member, "hugetlb", "hugetlb."+h.Pagesize+"."+file, itoa(h.Limit))
		l.may(member, "hugetlb", "hugetlb."+h.Pagesize+".rsvd."+file, itoa(h.Limit))
	}
}

// rdma is one line a device.
func (l *limits) rdma(devices map[string]specs.LinuxRdma) {
	for _, name := range names(devices) {
		value := name
		if n := devices[name].HcaHandles; n != nil {
			value += " hca_handle=" + strconv.FormatUint(uint64(*n), 10)
		}
		if n := devices[name].HcaObjects; n != nil {
			value += " hca_object=" + strconv.FormatUint(uint64(*n), 10)
		}
		l.add("rdma/"+name, "rdma", "rdma.max", value)
	}
}

// throttle is one line a device, its value written after a word.
func (l *limits) throttle(list []specs.LinuxThrottleDevice, member, file, word string) {
	for i, d := range list {
		l.add("blockIO/"+member+"/"+strconv.Itoa(i), controllerOf(file), file, device(d.Major, d.Minor)+" "+word+itoa(d.Rate))
	}
}

func controllerOf(file string) string {
	if file == "io.max" {
		return "io"
	}
	return "blkio"
}

func device(major, minor int64) string {
	return strconv.FormatInt(major, 10) + ":" + strconv.FormatInt(minor, 10)
}

// limit is a number in a file of cgroup2, or of a v1 controller that has max.
func limit(v int64) string {
	if v < 0 {
		return "max"
	}
	return strconv.FormatInt(v, 10)
}

func names[T any](m map[string]T) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

func itoa[T int64 | uint64 | uint16](v T) string {
	if v < 0 {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatUint(uint64(v), 10)
}

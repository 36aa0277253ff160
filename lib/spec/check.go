package spec

import (
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Check refuses what cannot become a container, with the first of Findings. It
// also cleans destinations that are relative: the specification deprecates
// them, people still write them.
func Check(s *specs.Spec) error {
	for i := range s.Mounts {
		s.Mounts[i].Destination = clean(s.Mounts[i].Destination)
	}
	if s.Linux == nil {
		s.Linux = &specs.Linux{}
	}
	return first(Findings(s))
}

// CheckProcess checks a process, also one of exec.
func CheckProcess(p *specs.Process) error {
	var c checker
	c.process("/process", p)
	return first(c.list)
}

// CheckResources checks limits that stand at the pointer, also those of update.
func CheckResources(at string, r *specs.LinuxResources) error {
	var c checker
	c.resources(at, r)
	return first(c.list)
}

// CheckRdt checks shares that stand at the pointer, also those of update.
func CheckRdt(at string, r *specs.LinuxIntelRdt) error {
	var c checker
	c.rdt(at, r)
	return first(c.list)
}

func first(list []*fail.Error) error {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// Findings lists all that is wrong with a spec, as far as the spec itself tells;
// what the host lacks is found where it is needed. Seccomp profiles and mount
// options are checked by the packages that know their words.
func Findings(s *specs.Spec) []*fail.Error {
	var c checker
	c.version(s.Version)
	if s.Root == nil || s.Root.Path == "" {
		c.refuse("/root/path", "have none, need the root filesystem")
	} else {
		c.plain("/root/path", s.Root.Path)
	}
	if s.Process == nil {
		c.refuse("/process", "have none, need the program to run")
	} else {
		c.process("/process", s.Process)
	}
	l := s.Linux
	if l == nil {
		l = &specs.Linux{}
	}
	own := owned(l)
	c.mounts(s.Mounts, own[specs.UserNamespace].own)
	c.namespaces(l)
	c.maps(l)
	c.mapped(l, s.Process)
	c.paths(l)
	c.devices(l.Devices)
	c.hooks(s.Hooks)
	c.sysctl(l.Sysctl, own)
	c.names(s, own)
	c.annotations(s.Annotations)
	c.resources("/linux/resources", l.Resources)
	c.netDevices(l.NetDevices, own)
	c.machine(l)
	return c.list
}

// A checker collects what is wrong, in order.
type checker struct{ list []*fail.Error }

func (c *checker) refuse(member, format string, args ...any) {
	c.list = append(c.list, fail.Spec(member, format, args...))
}

// index is the pointer of an element.
func index(at string, i int) string { return at + "/" + strconv.Itoa(i) }

// version: a runtime of this minor version reads all before it (config.md,
// "Specification version").
func (c *checker) version(v string) {
	numbers, _, _ := strings.Cut(v, "-")
	numbers, _, _ = strings.Cut(numbers, "+")
	part := strings.Split(numbers, ".")
	for _, p := range part {
		if n, err := strconv.Atoi(p); err != nil || n < 0 || p[0] == '+' {
			part = nil
		}
	}
	if len(part) != 3 || part[0] != "1" || len(part[1]) > 1 || part[1] > "3" {
		c.refuse("/ociVersion", "have %q, need 1.0.0 to 1.3", v)
	}
}

// plain refuses what the kernel would cut off: it ends every text at a NUL.
func (c *checker) plain(member, text string) {
	if strings.ContainsRune(text, 0) {
		c.refuse(member, "has a NUL character, need text without")
	}
}

// plains is plain for each of a list.
func (c *checker) plains(at string, list []string) {
	for i, text := range list {
		if strings.ContainsRune(text, 0) {
			c.plain(index(at, i), text)
		}
	}
}

// absolutes is absolute for each of a list.
func (c *checker) absolutes(at string, list []string) {
	for i, path := range list {
		if !strings.HasPrefix(path, "/") || strings.ContainsRune(path, 0) {
			c.absolute(index(at, i), path)
		}
	}
}

// absolute refuses a path that is not, or is cut off.
func (c *checker) absolute(member, path string) {
	if !strings.HasPrefix(path, "/") {
		c.refuse(member, "have %q, need an absolute path", path)
		return
	}
	c.plain(member, path)
}

// between refuses a number that is not within the bounds.
func (c *checker) between(member string, n, low, high int64) {
	if n < low || n > high {
		c.refuse(member, "have %d, need %d to %d", n, low, high)
	}
}

// signed is a number that between can take; the largest are out of all bounds.
func signed[T uint | uint64](n T) int64 { return int64(min(uint64(n), 1<<62)) }

// oneOf refuses a word that is not in the list.
func oneOf[T ~string](c *checker, member string, have T, words ...T) bool {
	var b strings.Builder
	for i, w := range words {
		if w == have {
			return true
		}
		switch {
		case i == 0:
		case i == len(words)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	c.refuse(member, "have %q, need %s", have, b.String())
	return false
}

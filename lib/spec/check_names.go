package spec

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/json"
)

// names are the host's and the domain's (uts_namespaces(7)).
func (c *checker) names(s *specs.Spec, own map[specs.LinuxNamespaceType]kinship) {
	for _, n := range []struct{ member, value string }{{"/hostname", s.Hostname}, {"/domainname", s.Domainname}} {
		switch {
		case n.value == "":
		case !own[specs.UTSNamespace].own:
			c.refuse(n.member, "have a name and no uts namespace, need both")
		case len(n.value) > 64 || strings.ContainsAny(n.value, "\x00\n/"):
			c.refuse(n.member, "have %q, need at most 64 characters of a name", n.value)
		}
	}
}

// annotations: a key is not empty (config.md, "Annotations").
func (c *checker) annotations(m map[string]string) {
	if _, ok := m[""]; ok {
		c.refuse("/annotations/", "has an empty key, need a name")
	}
}

// netDevices are moved into the container's own network namespace under a name
// that the kernel takes (dev_valid_name).
func (c *checker) netDevices(m map[string]specs.LinuxNetDevice, own map[specs.LinuxNamespaceType]kinship) {
	const at = "/linux/netDevices"
	if len(m) > 0 && !own[specs.NetworkNamespace].own {
		c.refuse(at, "have devices and no network namespace, need both")
	}
	taken := map[string]string{}
	for _, host := range sorted(m) {
		member := at + "/" + json.Word(host)
		inside := cmp.Or(m[host].Name, host)
		c.link(member, host)
		c.link(member+"/name", inside)
		if other, ok := taken[inside]; ok {
			c.refuse(member+"/name", "have %q, which %s gets too, need each once", inside, other)
		}
		taken[inside] = host
	}
}

func (c *checker) link(member, name string) {
	if name == "" || len(name) > 15 || name == "." || name == ".." || strings.ContainsAny(name, "/: \t\n\v\f\r\x00") {
		c.refuse(member, "have %q, need the name of a network device, at most 15 characters", name)
	}
}

func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

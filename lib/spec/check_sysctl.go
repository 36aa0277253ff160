package spec

import (
	"path"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/json"
)

// sysctl lets through what belongs to one of the container's own namespaces, and
// nothing that would reach another file (CVE-2022-0811).
func (c *checker) sysctl(m map[string]string, own map[specs.LinuxNamespaceType]kinship) {
	for _, key := range sorted(m) {
		member := "/linux/sysctl/" + json.Word(key)
		name := key
		if !strings.Contains(key, "/") {
			name = strings.ReplaceAll(key, ".", "/")
		}
		if path.Clean("/"+name) != "/"+name || strings.ContainsAny(name, "\x00\n+= ") || strings.ContainsAny(m[key], "\x00\n+=") {
			c.refuse(member, "have %q = %q, need one name and one value", key, m[key])
			continue
		}
		need := namespaceOf(name)
		switch {
		case name == "kernel/hostname":
			c.refuse(member, "is the host name, need the member /hostname instead")
		case need == "":
			c.refuse(member, "is not namespaced, need one of net, ipc or uts")
		case !own[need].own:
			c.refuse(member, "belongs to the %s namespace, need an own one", need)
		}
	}
}

// namespaceOf is what bounds the effect of a file below /proc/sys, "" if
// nothing does.
func namespaceOf(name string) specs.LinuxNamespaceType {
	switch name {
	case "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem",
		"kernel/shmall", "kernel/shmmax", "kernel/shmmni", "kernel/shm_rmid_forced":
		return specs.IPCNamespace
	case "kernel/domainname":
		return specs.UTSNamespace
	}
	switch {
	case strings.HasPrefix(name, "net/"):
		return specs.NetworkNamespace
	case strings.HasPrefix(name, "fs/mqueue/"):
		return specs.IPCNamespace
	}
	return ""
}

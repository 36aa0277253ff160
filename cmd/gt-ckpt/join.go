package main

import (
	"github.com/checkpoint-restore/go-criu/v8/rpc"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/ns"
)

// joins are the namespaces besides network and PID that a spec joins by a path,
// as containers of a pod do. Their contents are in the images, and are left
// there: the others of the pod go on with them.
func joins(s *specs.Spec) []*rpc.JoinNamespace {
	var list []*rpc.JoinNamespace
	for _, n := range s.Linux.Namespaces {
		if kind := ns.File(n.Type); n.Path != "" && joinable(n.Type) {
			list = append(list, &rpc.JoinNamespace{Ns: &kind, NsFile: &n.Path})
		}
	}
	return list
}

// joinable tells whether CRIU can put a process into one that is there (criu(8),
// --join-ns).
func joinable(t specs.LinuxNamespaceType) bool {
	return t == specs.IPCNamespace || t == specs.UTSNamespace
}

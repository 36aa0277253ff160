// Gt-ckpt freezes, moves and revives containers, and says why when it cannot.
//
// # Synopsis
//
//	gt-ckpt [--root DIR] [--store DIR] [--criu PATH] COMMAND [options] [ARGUMENTS]
//	gt-ckpt dump [ID] [TO]          gt-ckpt restore FROM
//	gt-ckpt list                    gt-ckpt delete CHECKPOINT
//	gt-ckpt inspect FROM            gt-ckpt check [ID]
//	gt-ckpt send CHECKPOINT [TO]    gt-ckpt receive [FROM]
//
// # Description
//
// A checkpoint is a running container at rest: the memory and descriptors of
// its processes, as CRIU writes them, and a manifest. dump makes one of a
// container and ends the container, or with --leave-running lets it go on;
// restore brings it back. Before anything is touched, both look whether it can
// work, and name all that stands in the way; check does only that.
//
// TO is a file, or - for stdout: the checkpoint as one stream, a tar compressed
// with zstd, with the layout that checkpointctl and Podman read. Without TO it
// goes to the store and has the name of the container, or NAME.2 and so on.
// FROM is the name of a checkpoint, of a container (its newest is meant), a
// file, or - for stdin. checkpoint, checkpoint-list and checkpoint-delete are
// other names of dump, list and delete.
//
// The spec of a restored container is the operator's, never the stream's:
// --bundle names its bundle. A checkpoint of this host's store may do without:
// it has the spec that the container had here. What comes back is held against
// the spec before it goes on: capabilities, no_new_privs, seccomp, namespaces
// and mounts.
//
// A stream is read in whole, into the store's filesystem, and held against its
// manifest before anything is touched. --encrypt makes it one that age decrypts,
// --sign adds a signature that restore --verify asks for.
//
// CRIU is $CRIU_PATH or criu in $PATH, 3.16 or later.
//
// # Options
//
// --root DIR is the state directory, --store DIR the directory of checkpoints
// (/var/lib/gophertainer/checkpoints). --criu PATH names CRIU. gt-ckpt COMMAND
// --help lists the options of a command; those of dump and restore include all
// that runc has.
//
// # Examples
//
//	gt-ckpt check web
//	gt-ckpt dump web && gt-ckpt restore --detach web
//	gt-ckpt dump --leave-running web web.tar.zst
//	gt-ckpt dump web - | ssh b gt-ckpt restore --detach --bundle /srv/web -
//
// # Exit status
//
// 0 done, 1 failed or refused, 2 wrong usage or bad input. restore without
// --detach returns the program's own code, 128 and the signal if one ended it.
// check returns 1 if it found what stands in the way.
package main

import (
	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// globals are the options of every command.
type globals struct {
	store, criu, manager, rootless string
	systemd                        bool
}

var global = globals{store: image.Store}

func main() {
	tool.Main(&tool.Program{
		Name:    "gt-ckpt",
		Summary: "freezes, moves and revives containers",
		Options: func(o *tool.Options) {
			o.String(&global.store, "store", 0, "DIR", "directory of checkpoints")
			o.String(&global.criu, "criu", 0, "PATH", "the CRIU to use ($CRIU_PATH, else criu in $PATH)")
			o.Enum(&global.manager, "cgroup-manager", 0, []string{"cgroupfs", "disabled"}, "as with gt-oci")
		},
		Verbs: []tool.Verb{
			{Name: "dump", Args: "[ID] [TO]", Summary: "write a checkpoint of a container", Make: dump},
			{Name: "restore", Args: "FROM", Summary: "bring a container back", Make: restore},
			{Name: "list", Summary: "list the checkpoints of the store", Make: list},
			{Name: "delete", Args: "CHECKPOINT...", Summary: "remove checkpoints from the store", Make: remove},
			{Name: "inspect", Args: "FROM", Summary: "print what a checkpoint is", Make: inspect},
			{Name: "send", Args: "CHECKPOINT [TO]", Summary: "write a checkpoint of the store as one stream", Make: send},
			{Name: "receive", Args: "[FROM]", Summary: "take a stream into the store", Make: receive},
			{Name: "check", Args: "[ID]", Summary: "tell whether host and container are fit", Make: check},
			{Name: "checkpoint", Args: "[ID] [TO]", Summary: "dump", Hidden: true, Make: dump},
			{Name: "checkpoint-list", Summary: "list", Hidden: true, Make: list},
			{Name: "checkpoint-delete", Args: "CHECKPOINT...", Summary: "delete", Hidden: true, Make: remove},
		},
	})
}

// runtime is the library's view of a call.
func runtime(c *tool.Call) *container.Runtime {
	return &container.Runtime{Root: c.Root, Warn: c.Warnf, NoCgroup: global.manager == "disabled"}
}

// Gt-ckpt freezes, moves and revives containers, and says why when it cannot.
//
// # Synopsis
//
//	gt-ckpt [--root DIR] [--store DIR] [--criu PATH] COMMAND [options] [ARGUMENTS]
//	gt-ckpt dump    [options] [ID] [TO]
//	gt-ckpt predump [options] [ID]
//	gt-ckpt restore [options] FROM
//	gt-ckpt list    [options]
//	gt-ckpt delete  CHECKPOINT...
//	gt-ckpt inspect [options] FROM
//	gt-ckpt check   [options] [ID]
//	gt-ckpt send    [options] CHECKPOINT [TO]
//	gt-ckpt receive [options] [FROM]
//	gt-ckpt migrate [options] ID --to ADDRESS|--via COMMAND
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
// the spec before it goes on: capabilities, no_new_privs, user, label, namespaces
// and mounts. The seccomp filter is the spec's.
//
// A stream is read in whole, into the store's filesystem, and held against its
// manifest before anything is touched. --encrypt makes it one that age decrypts,
// --sign adds a signature that restore --verify asks for.
//
// What the container changed in its root goes with a stream, as rootfs-diff.tar
// and deleted.files, where gt-rootfs keeps it apart from what was there (drivers
// overlay, tmpfs, fuse-overlayfs and erofs, disks and the host's root). restore
// and receive --restore put it into the root of their bundle before there are
// processes: not into the root that it is of, nor twice, and not into one that
// was written to. A checkpoint of the store has none by itself: its root is here.
// Volumes do not go along; which is said.
//
// migrate moves a container to a gt-ckpt receive --restore, over a socket or the
// stdin and stdout of any command. The container stands still here until it is
// restored there; only when it is killed here is it let go there. Whatever fails
// before lets it go on here; if the far side fails after, it is restored here.
// Each side has a guard, a process that takes over if the side is killed, so that
// one copy lives. There, descriptors that led outside are /dev/null.
//
// With --max-downtime the memory is written, and to a far side sent, in rounds
// while the container runs: all of it, then what was written to since, and so
// on. Each round is reported. predump writes one round to --image-path, for an
// engine that counts itself. Where the kernel does not track dirty memory
// (CONFIG_MEM_SOFT_DIRTY) both are refused before anything is touched.
//
// With --lazy-pages a container that is migrated runs on the far side before its
// memory is there; what it touches comes first. Both sides have to live until all
// has come: else it ends there, and its checkpoint of before is kept here.
//
// CRIU is $CRIU_PATH or criu in $PATH, 3.16 or later. Where it gives up for what
// passes by itself, such as a process that was just ending, it is asked again, ten
// times in all (not with --page-server).
//
// # Options
//
// For every command:
//
//	--root DIR               state directory ($GOPHERTAINER_ROOT, else /run/oci-runtime)
//	--store DIR              checkpoints (/var/lib/gophertainer/checkpoints)
//	--criu PATH              CRIU ($CRIU_PATH, else criu in $PATH)
//	--log FILE               append errors and warnings to FILE, as
//	--log-format text|json   says
//	--debug                  say more
//	--cgroup-manager WORD    as gt-oci has it
//
// For dump, restore, receive and migrate, with runc's names and meaning:
//
//	--image-path DIR         CRIU's images, instead of the store (dump, restore)
//	--work-path DIR          CRIU's log and statistics
//	--parent-path DIR        images of an earlier pre-dump (dump, restore)
//	--tcp-established        take TCP connections along
//	--ext-unix-sk            take unix sockets that lead outside along
//	--shell-job              take a terminal or session of a shell along
//	--file-locks             take file locks along
//	--lazy-pages             bring memory when it is touched (dump, restore, migrate)
//	--auto-dedup             drop pages of earlier rounds (dump, restore)
//	--manage-cgroups-mode soft|full|strict|ignore
//	--empty-ns network       leave the contents of a namespace out
//
// dump:
//
//	--name NAME              name in the store (the container's, or with a number)
//	--link-remap             give open files that were deleted, and have another name, a
//	                         name in the root until the restore
//	--tcp-skip-in-flight     leave out TCP connections that are just being made (dump, migrate)
//	--leave-running          let the container go on
//	--pre-dump               write the memory only and let the container go on
//	--max-downtime TIME      write memory in rounds until the container would stand still
//	                         for less (dump, migrate)
//	--max-rounds N           rounds at most (8); also if they do not get smaller, the
//	                         last one is taken (dump, migrate)
//	--status-fd FD           zero byte to FD when lazy pages can be asked for
//	--page-server ADDRESS:PORT   send the memory to a CRIU page server
//
// dump, migrate, restore and receive --restore:
//
//	--changes auto|with|without   what the container changed in its root: auto takes
//	                         it into a stream where it is known, and puts it into a
//	                         root that has not got it; with refuses if it cannot, and
//	                         puts it over whatever the root has
//
// dump, send and migrate:
//
//	--encrypt RECIPIENT      for an age recipient, or those in a file
//	--sign KEY               with the ed25519 key in a PEM file (PKCS 8)
//
// restore, receive and inspect:
//
//	--identity FILE          decrypt with the age identities in FILE
//	--verify KEY             refuse what the ed25519 key in a PEM file has not signed
//
// restore, and receive --restore:
//
//	-b, --bundle DIR         the bundle whose config.json rules the container
//	--id ID                  another ID than the container had
//	--pid-file FILE          write the PID to FILE
//	--ignore-cpu             restore though this CPU lacks what the other had
//
// restore:
//
//	-d, --detach             do not wait for the end
//	--keep                   keep the container when its program has ended
//	--no-manifest            take an archive of Podman or CRI-O, which has none
//	--tcp-close              bring TCP connections back closed
//	--console-socket SOCKET  hand the terminal's master to SOCKET
//	--lsm-profile TYPE:NAME, --lsm-mount-context CONTEXT   other security labels
//	--no-subreaper, --no-pivot     accepted, without effect
//
// receive:
//
//	--restore                take in what migrate sends, and let it go on here
//	--listen unix:PATH|tcp:ADDRESS:PORT   wait there, instead of stdin and stdout
//	-t, --timeout TIME       what the source gets to let go once it is restored (5m)
//	--name NAME              name in the store
//
// migrate:
//
//	--to unix:PATH|tcp:HOST:PORT   where receive --restore --listen waits
//	--via COMMAND            a shell command whose stdin and stdout lead there
//	-t, --timeout TIME       what the far side gets to restore, and to say that it runs (5m)
//
// list, inspect, check: -f, --format; list -q, --quiet prints only the names.
//
// # Examples
//
//	gt-ckpt check web
//	gt-ckpt dump web && gt-ckpt restore --detach web
//	gt-ckpt dump --leave-running web web.tar.zst
//	gt-ckpt migrate web --via 'ssh b gt-ckpt receive --restore --bundle /srv/web'
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
	store, criu, manager string
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
			{Name: "predump", Args: "[ID]", Summary: "write the memory only and let the container go on", Make: predump},
			{Name: "restore", Args: "FROM", Summary: "bring a container back", Make: restore},
			{Name: "list", Summary: "list the checkpoints of the store", Make: list},
			{Name: "delete", Args: "CHECKPOINT...", Summary: "remove checkpoints from the store", Make: remove},
			{Name: "inspect", Args: "FROM", Summary: "print what a checkpoint is", Make: inspect},
			{Name: "send", Args: "CHECKPOINT [TO]", Summary: "write a checkpoint of the store as one stream", Make: send},
			{Name: "receive", Args: "[FROM]", Summary: "take a stream into the store", Make: receive},
			{Name: "migrate", Args: "ID", Summary: "move a running container to who receives it", Make: migrate},
			{Name: "check", Args: "[ID]", Summary: "tell whether host and container are fit", Make: check},
			{Name: "page", Args: "ID FILES PROGRAM...", Summary: "run a server of lazy pages", Hidden: true, Make: page},
			{Name: "guard", Args: "ROLE ID DIR PATIENCE", Summary: "stand by a migration", Hidden: true, Make: stand},
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

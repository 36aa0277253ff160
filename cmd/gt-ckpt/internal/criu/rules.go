package criu

import (
	"regexp"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// rule turns a line of the log into a cause; $1 and so on are groups of match.
type rule struct {
	match       *regexp.Regexp
	code        fail.Code
	say, remedy string
	gone        int // a group: the process that has to have ended
}

// again is the remedy for what passes by itself, such as a process that was just
// ending.
const again = "try again"

func r(match string, code fail.Code, say, remedy string) rule {
	return rule{regexp.MustCompile(match), code, say, remedy, 0}
}

func (r rule) ifGone(group int) rule {
	r.gone = group
	return r
}

// rules are tried on each line of kind Error, in the order of the log: CRIU's
// first complaint is the cause, what follows are consequences. A test holds them
// against the messages of the CRIU that is installed.
var rules = []rule{
	// Sockets.
	r(`Connected TCP socket`, fail.CodeStatus, "a TCP connection is open", "need --tcp-established"),
	r(`inet: In-flight connection`, fail.CodeStatus, "a TCP connection is just being made", again),
	r(`on an in-flight socket|unix: In-flight connection`, fail.CodeBusy, "a connection to a unix socket is just being made", again),
	r(`External socket (is used|found)|Can't dump half of stream unix|Can't dump name-less external socket`, fail.CodeStatus, "a unix socket is connected to a process outside the container", "need --ext-unix-sk"),
	r(`Unsupported proto 262 for socket|multipathtcp=0`, fail.CodeStatus, "a process listens with MPTCP, as Go programs do, which CRIU cannot take", "need GODEBUG=multipathtcp=0 in the container"),
	r(`Unsupported proto (\d+) for socket|Can't dump (\d+) inet socket`, fail.CodeStatus, "a socket is of a protocol that CRIU cannot take", ""),
	r(`Diag module missing`, fail.CodeKernel, "the kernel cannot list sockets", "need the modules unix_diag, tcp_diag, udp_diag, inet_diag, packet_diag and netlink_diag"),
	r(`netlink: The socket has data to read`, fail.CodeBusy, "a netlink socket has messages that were not read", again),
	r(`Control messages in queue|Unexpected 2nd SCM`, fail.CodeBusy, "a descriptor is on its way through a unix socket", again),
	r(`sockets: Can't [gs]et (\d+:\d+)`, fail.CodeKernel, "the kernel does not tell the option $1 of a socket", "need a newer CRIU, or an older kernel"),
	r(`Unable to dump a socket from an external network namespace|Unknown peer net namespace`, fail.CodeStatus, "a socket or link is of another network namespace than the container's", ""),
	r(`net: Unsupported link`, fail.CodeStatus, "an interface of the container is of a kind that CRIU cannot take", "need --empty-ns network"),
	// Descriptors and files.
	r(`file locks are hold`, fail.CodeStatus, "processes hold file locks", "need --file-locks"),
	r(`Can't lookup mount=\S+ for fd=(\S+) path=(/dev/pts/\S+)`, fail.CodeStatus, "descriptor $1 is the terminal $2 of the host", "need a terminal of the container's own, as its spec asks for"),
	r(`Can't lookup mount=\S+ for fd=(\S+) path=(\S+)`, fail.CodeStatus, "descriptor $1 is $2, opened outside the container's mounts", "need a pipe, /dev/null or a terminal there"),
	r(`Can't dump ghost file (\S+) of (\S+)`, fail.CodeLimit, "an open file of $2 bytes has been deleted", "need it closed, or ghost-limit in the CRIU configuration"),
	r(`Can't link link_remap\S+ -> (\S+): No such file`, fail.CodeNoSuch, "the name that --link-remap gave the open file $1 is missing in the root", "need the root as it was at the dump"),
	r(`Can't create link remap for (\S+)\. Use`, fail.CodeStatus, "the open file $1 was deleted, and has another name", "need --link-remap"),
	r(`Can't dump file (\S+) of that type .*io_uring`, fail.CodeStatus, "a process uses io_uring, which CRIU cannot take", ""),
	r(`Can't dump file (\S+) of that type .*\((.*)\)`, fail.CodeStatus, "descriptor $1 is of a kind that CRIU cannot take: $2", ""),
	r(`fsnotify: Can't find suitable path for handle|fsnotify:\s+Can't dump that handle`, fail.CodeStatus, "what a process watches by inotify cannot be found by its handle", "need force-irmap in the CRIU configuration"),
	r(`packetized mode for pipes`, fail.CodeStatus, "a pipe in packet mode is open, which CRIU cannot take", ""),
	r(`PIDFD_THREAD|pidfd pid \d+ is not a part`, fail.CodeStatus, "a process holds a pidfd of a thread, or of a process outside the container", "need it closed"),
	r(`File (\S+) has bad (size|mode) (\S+) \(expect (\S+)\)`, fail.CodeInput, "the file $1 of the root was changed: its $2 is $3, need $4", "need the root as it was at the dump"),
	r(`File (\S+) has bad build-ID`, fail.CodeInput, "the program or library $1 of the root is another build", "need the root as it was at the dump"),
	r(`Can't open file (\S+)( on restore)?: No such file`, fail.CodeNoSuch, "the file $1 that a process has open is missing in the root", "need the root as it was at the dump"),
	r(`Can't open file (\S+) on restore`, fail.CodeNoSuch, "the file $1 that a process has open cannot be opened in the root", "need the root as it was at the dump"),
	// Terminals and sessions.
	r(`leader of \S+ is outside of its pid namespace|not a session leader|Don't have tty to inherit|Found dangling tty|without correspond master peer|Only one slave external peer`, fail.CodeStatus, "the session or terminal belongs to a shell outside the container", "need --shell-job"),
	// Processes and memory.
	r(`Unseizable non-zombie (\d+) found, state (\w)`, fail.CodeBusy, "process $1 is stuck in the kernel (state $2)", again),
	r(`Can't attach to \S+: Operation not permitted`, fail.CodePermission, "a process is traced by another, or ptrace is forbidden", ""),
	r(`suspend seccomp`, fail.CodePermission, "CRIU may not suspend the seccomp filter of a process", "need nobody who traces it, and CAP_SYS_ADMIN"),
	r(`Zombies with threads`, fail.CodeBusy, "a process was just ending, or goes on without its main thread, which CRIU cannot take", again),
	r(`SEIZE \d+: (can't wait task|can't read signfo|task not stopped)|Can't open \d+: No such|Task \d+ is in unexpected state|Can't (open|fdopen\w*) .*on procfs.*: No such|(interrupt the \d+ task|[Aa]ttach to \d+): No such process`, fail.CodeBusy, "a process was just ending", again),
	// One that is just ending has lost its namespaces already.
	r(`Can't dump nested (\w+) namespace for (\d+)`, fail.CodeBusy, "process $2 was just ending", again).ifGone(2),
	r(`Can't dump nested (\w+) namespace for (\d+)`, fail.CodeStatus, "process $2 has made a $1 namespace of its own, which CRIU cannot take", ""),
	r(`Nested mount namespaces are not supported`, fail.CodeStatus, "a process of the container has made a mount namespace of its own, which CRIU cannot take", ""),
	r(`Can't dump task (\d+) running in 32-bit mode`, fail.CodeStatus, "process $1 is a 32-bit program, which this CRIU cannot take", ""),
	r(`SysVIPC shmem map .* doesn't live in IPC ns`, fail.CodeStatus, "a process uses shared memory of the host's IPC namespace", "need an IPC namespace of the container's own"),
	r(`Can't handle non-regular mapping on (\d+)'s|Unsupported mapping found`, fail.CodeStatus, "a process has mapped a device, which CRIU cannot take", ""),
	r(`PID (\d+) has uprobes vma`, fail.CodeStatus, "process $1 is probed by uprobes", "need the probe ended, or allow-uprobes in the CRIU configuration"),
	r(`within dumped tree`, fail.CodeStatus, "gt-ckpt runs inside the container that it is to dump", ""),
	r(`Can't get rlimit \d+: Operation not permitted`, fail.CodePermission, "a process of another user than root has limits that CRIU may not read", "need CAP_SYS_RESOURCE here, or a user namespace of the container's own"),
	r(`Can't fork for (\d+): File exists|Pid (\d+) do not match`, fail.CodeBusy, "PID $1$2 is taken", "need a PID namespace of its own in the spec, or that process ended"),
	// A thread ended the whole process before CRIU had let go of the others.
	r(`Unable to detach \d+: No such process`, fail.CodeBusy, "a process ended in the moment in which it came back", again),
	// Mounts.
	r(`FS mnt (\S+) .* unsupported id`, fail.CodeStatus, "the mount $1 is of a kind that CRIU cannot take", ""),
	r(`(\S+) is a fuse mount but not external`, fail.CodeStatus, "$1 is a FUSE mount, which CRIU cannot take", "need it as a bind mount in the spec"),
	r(`mnt: \d+:(\S+) doesn't have a proper root mount|Mount \d+:(\S+) is autodetected external`, fail.CodeStatus, "the mount $1$2 of the container is not named in its spec", ""),
	r(`has unreachable sharing`, fail.CodeStatus, "a mount of the container propagates from the host", "need rprivate or rslave in the spec"),
	r(`No mapping for \S+ mountpoint|Can't restore ext mount`, fail.CodeInput, "the checkpoint has a mount of the host that the spec has not", "need the mounts of the spec as they were at the dump"),
	r(`mnt: The mount (\d+) is overmounted`, fail.CodeStatus, "a mount of the container is hidden below another", ""),
	r(`Can't create a temporary directory: Read-only`, fail.CodeHost, "the root is read-only and has no /tmp", "need a directory /tmp in the root, where CRIU turns it over"),
	r(`Can't (dump|restore) tmpfs content`, fail.CodeHost, "CRIU cannot pack or unpack a tmpfs of the container", "need tar on this host"),
	// The host.
	r(`Unable to open (\S+): Permission denied`, fail.CodePermission, "CRIU may not open $1 as the root of the container's user namespace", "need images on a filesystem with id-mapped mounts, or readable by that user"),
	r(`vdso: Unexpected rt vDSO|Can't fixup vdso`, fail.CodeHost, "this CRIU is too old for this kernel", "need a newer CRIU, such as scripts/install-criu.sh brings"),
	r(`Tracking memory is not available|dirty memory tracker`, fail.CodeKernel, "the kernel cannot track dirty memory", "need CONFIG_MEM_SOFT_DIRTY"),
	r(`lacks get_rseq_conf|rseq: can't restore as kernel|ns_last_pid|map_files is inaccessible|probably lacks the support`, fail.CodeKernel, "the kernel lacks what CRIU needs", "gt-ckpt check says what"),
	r(`uffd: .*userfaultfd|uffd: Failed to get uffd API|missing uffd ioctl`, fail.CodeKernel, "the kernel lacks userfaultfd, or forbids it", "need no --lazy-pages"),
	r(`No lazy-pages socket|uffd: connect to`, fail.CodeHost, "nobody serves the memory for --lazy-pages", "need criu lazy-pages"),
	r(`cpu: .*(do not match|mismatch|unsupported bits|not supported on host|Unsupported CPU)`, fail.CodeHost, "the program uses CPU features that this machine lacks", "need a like CPU, or cpu-cap in the CRIU configuration of the dump"),
	r(`Address already in use`, fail.CodeBusy, "an address that a socket is bound to is in use", ""),
	r(`Can't bind inet socket|Cannot assign requested address`, fail.CodeHost, "an address that a socket is bound to is missing", "need the network of the container up before its processes"),
	r(`No space left on device`, fail.CodeLimit, "the disk is full", ""),
	r(`Disk quota exceeded`, fail.CodeLimit, "the disk quota is used up", ""),
	r(`LSM specified but|couldn't write policy|lsm profile|for lsmtype`, fail.CodeHost, "the security label cannot be dumped or set", "need the same security module here, or --lsm-profile"),
	r(`Locking network failed|nft command error|iptables-restore|[Ff]ailed to (un)?lock TCP`, fail.CodeHost, "CRIU cannot lock the network of the container", "need nft or iptables on this host"),
	r(`IP tool failed`, fail.CodeHost, "CRIU cannot read or make the network of the container", "need ip of iproute2 on this host"),
	r(`no legacy version present`, fail.CodeHost, "the container has rules of the old iptables", "need iptables-legacy-restore on this host"),
	r(`cg: .*(can't|Can't|Failed|failed|Unable)`, fail.CodeHost, "CRIU cannot take or make the cgroups of the container", "need --manage-cgroups-mode ignore"),
	// Images.
	r(`Not supported images version|Unknown image format|Image carries unknown`, fail.CodeInput, "the images are of another CRIU than this one can read", "need a CRIU as new as that of the dump"),
	r(`Magic doesn't match|Unexpected EOF|[Ii]mages? corrupt|image file was truncated|image size mismatch|Can't open core data|Missing \S+ in parent pagemap`, fail.CodeInput, "an image of the checkpoint is broken or missing", ""),
	r(`Can't open parent path|Can't enter previous snapshot`, fail.CodeInput, "the images of an earlier round are missing", "need --parent-path as it was at the dump"),
	r(`Can't mmap|Cannot allocate memory`, fail.CodeLimit, "memory does not suffice", "need a larger memory limit"),
	r(`mnt: .*(Can't|Unable to) .*mount`, fail.CodeHost, "a mount of the container cannot be made", ""),
}

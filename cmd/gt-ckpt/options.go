package main

import (
	"net"
	"os"
	"os/exec"
	"strconv"

	"github.com/checkpoint-restore/go-criu/v8/rpc"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// criuOptions are what dump and restore hand to CRIU; the names are runc's.
type criuOptions struct {
	images, work, parent string
	tcp, extUnix         bool
	shellJob, fileLocks  bool
	lazy, dedup          bool
	cgroups              string
	emptyNS              []string
	pageServer           string
	statusFD             int
}

func (x *criuOptions) declare(o *tool.Options) {
	x.statusFD = -1
	x.cgroups = "ignore"
	o.String(&x.images, "image-path", 0, "DIR", "directory of CRIU's images, instead of the store")
	o.String(&x.work, "work-path", 0, "DIR", "directory for CRIU's log and statistics")
	o.String(&x.parent, "parent-path", 0, "DIR", "images of an earlier pre-dump, relative to those of this one")
	o.Bool(&x.tcp, "tcp-established", 0, "take TCP connections along")
	o.Bool(&x.extUnix, "ext-unix-sk", 0, "take unix sockets that lead outside along")
	o.Bool(&x.shellJob, "shell-job", 0, "take a terminal or session of a shell along")
	o.Bool(&x.fileLocks, "file-locks", 0, "take file locks along")
	o.Bool(&x.lazy, "lazy-pages", 0, "bring memory when it is touched")
	o.Bool(&x.dedup, "auto-dedup", 0, "drop pages of earlier rounds that are not needed")
	o.Enum(&x.cgroups, "manage-cgroups-mode", 0, []string{"soft", "full", "strict", "ignore"}, "what CRIU does with cgroups; by default the spec rules them")
	o.Strings(&x.emptyNS, "empty-ns", 0, "network", "leave the contents of a namespace out")
}

// check refuses what does not fit together.
func (x *criuOptions) check() error {
	for _, ns := range x.emptyNS {
		if ns != "network" {
			return fail.Usage("--empty-ns: have %q, need network", ns)
		}
	}
	if x.pageServer != "" {
		if _, _, err := net.SplitHostPort(x.pageServer); err != nil {
			return fail.Usage("--page-server: have %q, need ADDRESS:PORT", x.pageServer)
		}
	}
	return nil
}

// opts are CRIU's for both directions. CRIU opens the directories through our
// /proc/PID/fd.
func (x *criuOptions) opts(in, at *os.File, log string) *rpc.CriuOpts {
	level, images, work := int32(4), int32(in.Fd()), int32(at.Fd())
	o := &rpc.CriuOpts{
		ImagesDirFd: &images, WorkDirFd: &work, LogLevel: &level, LogFile: &log,
		TcpEstablished: &x.tcp, ExtUnixSk: &x.extUnix, ShellJob: &x.shellJob, FileLocks: &x.fileLocks,
		AutoDedup: &x.dedup, LazyPages: &x.lazy,
		ManageCgroupsMode: cgroupModes[x.cgroups].Enum(),
	}
	if x.parent != "" {
		o.ParentImg = &x.parent
	}
	if len(x.emptyNS) > 0 {
		o.EmptyNs = emptyNetwork()
	}
	if x.pageServer != "" {
		host, port, _ := net.SplitHostPort(x.pageServer)
		n, _ := strconv.Atoi(port)
		p := int32(n)
		o.Ps = &rpc.CriuPageServerInfo{Address: &host, Port: &p}
	}
	return o
}

func emptyNetwork() *uint32 {
	mask := uint32(unix.CLONE_NEWNET)
	return &mask
}

var cgroupModes = map[string]rpc.CriuCgMode{
	"ignore": rpc.CriuCgMode_IGNORE, "soft": rpc.CriuCgMode_SOFT, "full": rpc.CriuCgMode_FULL, "strict": rpc.CriuCgMode_STRICT,
}

// networkLock is the quickest way to hold a network still that this host has:
// iptables takes 50 ms to let go.
func networkLock() rpc.CriuNetworkLockMethod {
	if _, err := exec.LookPath("nft"); err == nil {
		return rpc.CriuNetworkLockMethod_NFTABLES
	}
	return rpc.CriuNetworkLockMethod_IPTABLES
}

// openDir opens a directory, made if it is not there.
func openDir(path string) (*os.File, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY, 0)
}

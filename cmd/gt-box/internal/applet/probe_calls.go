package applet

import (
	"maps"
	"runtime"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// probeCalls are calls that change nothing, or nothing outside this process,
// if the kernel lets them through. It is a function so that no other applet pays
// for making the map.
//
//house:table
func probeCalls() map[string]func() error {
	return map[string]func() error{
		"mount": func() error {
			return refusal(errno(unix.Mount("none", "/", "gt-box-probe", 0, "")), syscall.ENODEV)
		},
		"umount": func() error {
			return refusal(errno(unix.Unmount("/", 0x1000)), syscall.EINVAL)
		},
		"ptrace": func() error {
			_, _, e := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_ATTACH, 1<<31-1, 0, 0, 0, 0)
			return refusal(e, syscall.ESRCH)
		},
		"keyctl": func() error {
			_, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_SESSION_KEYRING, false)
			return err
		},
		"unshare": func() error {
			runtime.LockOSThread()
			return unix.Unshare(unix.CLONE_NEWNS)
		},
		"unshare-user": probeUserNamespace,
		"bpf": func() error {
			_, _, e := unix.Syscall(unix.SYS_BPF, ^uintptr(0), 0, 0)
			return refusal(e, unix.EINVAL)
		},
		"af_alg":      func() error { return discard(unix.Socket(unix.AF_ALG, unix.SOCK_SEQPACKET, 0)) },
		"af_vsock":    func() error { return discard(unix.Socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0)) },
		"af_packet":   func() error { return discard(unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)) },
		"raw":         func() error { return discard(unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)) },
		"ping":        func() error { return discard(unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_ICMP)) },
		"sethostname": func() error { return unix.Sethostname([]byte(unameField('n'))) },
		"chroot":      func() error { return unix.Chroot("/") },
		"setuid":      func() error { return unix.Setuid(unix.Getuid()) },
		"mknod": func() error {
			const name = "/tmp/gt-box-probe"
			if err := unix.Mknod(name, unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))); err != nil {
				return err
			}
			return unix.Unlink(name)
		},
		"bind80": func() error {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			return unix.Bind(fd, &unix.SockaddrInet4{Port: 80})
		},
		"settime": func() error {
			_, _, e := unix.Syscall(unix.SYS_CLOCK_SETTIME, unix.CLOCK_REALTIME, 0, 0)
			return refusal(e, unix.EFAULT)
		},
		"reboot": func() error {
			_, _, e := unix.Syscall(unix.SYS_REBOOT, 0, 0, 0)
			return refusal(e, unix.EINVAL)
		},
		"init_module": func() error {
			_, _, e := unix.Syscall(unix.SYS_INIT_MODULE, 0, 0, 0)
			return refusal(e, unix.EFAULT, unix.ENOEXEC)
		},
		"io_uring": func() error {
			_, _, e := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
			return refusal(e, unix.EFAULT)
		},
		"userfaultfd": func() error {
			fd, _, e := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|1, 0, 0)
			if e != 0 {
				return e
			}
			return unix.Close(int(fd))
		},
		"perf_event_open": func() error {
			_, _, e := unix.Syscall6(unix.SYS_PERF_EVENT_OPEN, 0, 0, 0, 0, 0, 0)
			return refusal(e, unix.EFAULT)
		},
		"personality": func() error {
			_, _, e := unix.Syscall(unix.SYS_PERSONALITY, 0xffffffff, 0, 0)
			return refusal(e)
		},
	}
}

// probeUserNamespace starts a child in a new user namespace: unshare itself
// refuses a program with threads.
func probeUserNamespace() error {
	pid, err := syscall.ForkExec("/proc/self/exe", []string{"true"}, &syscall.ProcAttr{
		Sys: &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER},
	})
	if err != nil {
		return err
	}
	var ws syscall.WaitStatus
	_, err = syscall.Wait4(pid, &ws, 0, nil)
	return err
}

// refusal is nil if the kernel got as far as looking at our nonsense: then the
// call itself is allowed.
func refusal(e syscall.Errno, passed ...syscall.Errno) error {
	if e == 0 || slices.Contains(passed, e) {
		return nil
	}
	return e
}

func probeNames() []string { return slices.Sorted(maps.Keys(probeCalls())) }

package applet

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// probe asks the kernel what this process may do, for the tests of a
// container. An answer is one line on stdout, "ok" or the errno's name; the
// status is 0 if the answer is ok.
//
//	probe connect-abstract NAME   connect to an abstract unix socket
//	probe mem MB [hold]           touch that much memory; hold waits for stdin's end
//	probe fork N                  have N children at once
//	probe syscall NAME            make a harmless call of that name
//	probe open PATH [r|w]         open a file
//	probe pty                     open a new terminal pair
func probe(args []string) int {
	if len(args) < 2 {
		return misuse(args, "usage: probe connect-abstract | mem | fork | syscall | open | pty …")
	}
	arg := ""
	if len(args) > 2 {
		arg = args[2]
	}
	var err error
	switch args[1] {
	case "connect-abstract":
		err = probeConnect(arg)
	case "mem":
		return probeMem(args, arg)
	case "fork":
		return probeFork(args, arg)
	case "syscall":
		call := probeCalls()[arg]
		if call == nil {
			return misuse(args, "%s: need one of %s", arg, strings.Join(probeNames(), " "))
		}
		err = call()
	case "open":
		how := unix.O_RDONLY
		if len(args) > 3 && strings.Contains(args[3], "w") {
			how = unix.O_WRONLY
		}
		err = discard(unix.Open(arg, how|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0))
	case "pty":
		err = probePty()
	default:
		return misuse(args, "%s: no such probe", args[1])
	}
	return answer(err)
}

func answer(err error) int {
	if err == nil {
		fmt.Fprintln(out, "ok")
		return 0
	}
	if e := errno(err); e != 0 {
		fmt.Fprintln(out, unix.ErrnoName(e))
	} else {
		fmt.Fprintln(out, err)
	}
	return 1
}

// discard closes a descriptor that was opened only to see whether it can be.
func discard(fd int, err error) error {
	if err == nil {
		err = unix.Close(fd)
	}
	return err
}

func probeConnect(name string) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Connect(fd, &unix.SockaddrUnix{Name: "@" + strings.TrimPrefix(name, "@")})
}

func probeMem(args []string, arg string) int {
	mb, err := strconv.Atoi(arg)
	if err != nil || mb < 1 {
		return misuse(args, "mem needs a number of megabytes")
	}
	for n := 0; n < mb; n++ {
		block, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			return answer(err)
		}
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
	}
	status := answer(nil)
	if len(args) > 3 && args[3] == "hold" {
		if out.Flush() != nil {
			return 1
		}
		untilEnd(os.Stdin)
	}
	return status
}

func untilEnd(f *os.File) {
	var b [512]byte
	for {
		if _, err := f.Read(b[:]); err != nil {
			return
		}
	}
}

// probeFork starts children that wait for the end of a pipe, and prints how
// many there were at once.
func probeFork(args []string, arg string) int {
	n, err := strconv.Atoi(arg)
	if err != nil || n < 1 {
		return misuse(args, "fork needs a number")
	}
	r, w, err := os.Pipe()
	if err != nil {
		return answer(err)
	}
	var pids []int
	for range n {
		var pid int
		pid, err = syscall.ForkExec("/proc/self/exe", []string{"cat"}, &syscall.ProcAttr{
			Env: os.Environ(), Files: []uintptr{r.Fd(), 1, 2},
		})
		if err != nil {
			break
		}
		pids = append(pids, pid)
	}
	fmt.Fprintf(out, "%d ", len(pids))
	status := answer(err)
	if w.Close() != nil || r.Close() != nil {
		return 1
	}
	for _, pid := range pids {
		var ws syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &ws, 0, nil); err != nil {
			return answer(err)
		}
	}
	return status
}

func probePty() error {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return err
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return err
	}
	return discard(unix.Open("/dev/pts/"+strconv.Itoa(n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0))
}

package birth

import (
	"errors"
	"os"
	"strconv"
	"sync"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth/inside"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/ns"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// Request is one process to be made. The functions are called in the order in
// which they stand; nil ones are skipped.
type Request struct {
	Namespace *ns.Set
	Maps      *specs.Linux // id maps, if a user namespace is created
	Cgroup    int          // directory descriptor to be born in, -1 for none
	Preserve  int          // descriptors after 2 that go to the program
	Stdio     [3]int
	RootUID   bool   // become root of the user namespace, where that is joined
	Affinity  string // CPUs to make the process on, "" for the caller's

	// Born is told the PID; the process waits for its plan meanwhile.
	Born func(pid int) error
	// Plan makes the plan and the descriptors that its steps name.
	Plan func(pid int) (*plan.Plan, []int, error)
	// Sent is called once the plan is sent: what is done there costs no time. Its
	// error ends the birth.
	Sent func() error
	// Sync runs when the process stops before pivot_root.
	Sync func(pid int) error
	// Console gets the master of the terminal, and owns it.
	Console func(master *os.File) error
	// Times gets microseconds since the plan arrived, one a step.
	Times func(p *plan.Plan, us []uint32)
	// Died explains an end without a word, as of a process that was killed.
	Died func() error
	// Stuck, if not nil, is asked when a step takes long: its error ends the
	// birth.
	Stuck func() error
	// Killed is a hint for a process that was killed before its program.
	Killed func() string

	page  int    // where gt-init notes its step
	letGo func() // closes gt-init's file, which unmounts it: that takes the kernel a while
}

// Born is a process that is ready: at its gate, or executing its program.
type Born struct {
	Pid   int
	PidFD int // the caller's
}

// Bear makes the process. When it fails nothing of the process is left.
func Bear(r *Request) (*Born, error) {
	exe, err := openInit()
	if err != nil {
		return nil, err
	}
	r.letGo = sync.OnceFunc(func() { _ = unix.Close(exe) })
	defer r.letGo()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(pair[0])
	b, err := r.onCPUs(func() (*Born, error) { return r.spawn(exe, pair[1]) })
	_ = unix.Close(pair[1])
	if err != nil {
		return nil, explainSpawn(r, err)
	}
	if err := r.converse(pair[0], b.Pid); err != nil {
		b.Kill()
		return nil, err
	}
	return b, nil
}

func (r *Request) spawn(exe, sock int) (*Born, error) {
	files := []int{r.Stdio[0], r.Stdio[1], r.Stdio[2]}
	for i := range r.Preserve {
		files = append(files, 3+i)
	}
	keep := len(files)
	s := sys.Spawn{
		Exe: exe, Args: []string{"gt-init"}, Files: append(files, sock),
		Env: []string{"GT_INIT=" + strconv.Itoa(keep) + "," + strconv.Itoa(keep), "GOMAXPROCS=1"},
		New: r.Namespace.New, Join: r.Namespace.Join, Cgroup: r.Cgroup, RootUID: r.RootUID,
	}
	if r.Namespace.Creates(unix.CLONE_NEWUSER) {
		s.UIDMap, s.GIDMap = r.maps().UID.Sys(), r.maps().GID.Sys()
		s.Groups = !denySetgroups(r.Maps)
		s.RootUID = true
	}
	if r.maps().Helped() {
		return r.lend(s)
	}
	pid, pidfd, err := s.Start()
	return &Born{Pid: pid, PidFD: pidfd}, err
}

// Kill ends a process that is not to be, and reaps it. PidFD is closed.
func (b *Born) Kill() {
	_ = unix.PidfdSendSignal(b.PidFD, unix.SIGKILL, nil, 0) // ESRCH: it has ended by itself
	var ws unix.WaitStatus
	for {
		if _, err := unix.Wait4(b.Pid, &ws, 0, nil); err != unix.EINTR {
			break
		}
	}
	_ = unix.Close(b.PidFD)
}

func (r *Request) converse(sock, pid int) error {
	if r.Born != nil {
		if err := r.Born(pid); err != nil {
			return err
		}
	}
	if err := r.openPage(); err != nil {
		return err
	}
	defer unix.Close(r.page)
	p, files, err := r.Plan(pid)
	if err != nil {
		return err
	}
	if err := sys.Send(sock, p.Encode(), append(files, r.page)); err != nil && err != unix.EPIPE {
		return fail.New(fail.CodeSystem, "send the plan: %w", err)
	}
	r.letGo()
	if r.Sent != nil {
		if err := r.Sent(); err != nil {
			return err
		}
	}
	for {
		if err := r.watch(sock, p); err != nil {
			return err
		}
		message, fds, err := sys.Receive(sock)
		if err == sys.ErrClosed || err == unix.ECONNRESET {
			return r.ended(p, pid)
		}
		if err != nil {
			return err
		}
		if len(message) == 0 {
			return fail.New(fail.CodeInternal, "empty word of gt-init")
		}
		if message[0] == inside.SaySync {
			if err := r.stop(sock, pid); err != nil {
				return err
			}
			continue
		}
		done, err := r.word(p, message, fds)
		if done || err != nil {
			return err
		}
	}
}

// stop runs what belongs between the finished tree and pivot_root, and sends
// the process on.
func (r *Request) stop(sock, pid int) error {
	if r.Sync != nil {
		if err := r.Sync(pid); err != nil {
			return err
		}
	}
	return sys.Send(sock, []byte{inside.Gate}, nil)
}

func gateOf(p *plan.Plan) int {
	for i := range p.Steps {
		if p.Steps[i].Op == plan.OpReady {
			return p.Steps[i].FD
		}
	}
	return 0
}

func (r *Request) word(p *plan.Plan, message []byte, fds []int) (done bool, err error) {
	switch message[0] {
	case inside.SayTimes:
		if r.Times != nil {
			r.Times(p, times(message[1:]))
		}
		return false, nil
	case inside.SayTrouble:
		t, err := plan.DecodeTrouble(message[1:])
		if err != nil {
			return false, err
		}
		return false, Explain(p, t)
	case inside.SayReady:
		for _, fd := range fds {
			master := os.NewFile(uintptr(fd), "/dev/ptmx")
			if r.Console == nil {
				_ = master.Close()
				return false, errors.New("have a terminal and nobody to take it")
			}
			if err := r.Console(master); err != nil {
				return false, err
			}
		}
		return gateOf(p) != 0, nil
	}
	return false, fail.New(fail.CodeInternal, "unknown word %q of gt-init", message[0])
}

func times(b []byte) []uint32 {
	us := make([]uint32, len(b)/4)
	for i := range us {
		us[i] = uint32(b[4*i]) | uint32(b[4*i+1])<<8 | uint32(b[4*i+2])<<16 | uint32(b[4*i+3])<<24
	}
	return us
}

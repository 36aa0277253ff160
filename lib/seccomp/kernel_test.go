package seccomp_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/bare"
	"github.com/gophertainer/gophertainer/lib/seccomp"
)

// A child of the test installs a filter and makes system calls. It is this
// binary again: GT_FILTER is the file of the filter, GT_FLAGS are decimal, the
// arguments are calls "nr,arg,arg,…", and it prints one errno a line.
func TestMain(m *testing.M) {
	if path := os.Getenv("GT_FILTER"); path != "" {
		child(path)
		return
	}
	code := m.Run()
	os.RemoveAll(built)
	os.Exit(code)
}

func child(path string) {
	runtime.LockOSThread()
	filter, err := os.ReadFile(path)
	if err == nil {
		err = unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	}
	flags, err2 := strconv.ParseUint(os.Getenv("GT_FLAGS"), 10, 32)
	if err != nil || err2 != nil {
		fmt.Println(err, err2)
		return
	}
	listener, errno := bare.Seccomp(bare.Text(filter), uint64(flags))
	if errno != 0 {
		fmt.Println("seccomp:", errno)
		return
	}
	if flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER != 0 && listener < 3 {
		fmt.Println("listener is", listener)
	}
	for _, call := range os.Args[1:] {
		var n [7]uintptr
		for i, word := range strings.Split(call, ",") {
			v, _ := strconv.ParseUint(word, 0, 64)
			n[i] = uintptr(v)
		}
		_, _, errno := unix.RawSyscall6(n[0], n[1], n[2], n[3], n[4], n[5], n[6])
		fmt.Println(int(errno))
	}
}

var built string // directory of a compiler built here

// compiler is gt-seccomp: that of the build under test, or one built here.
var compiler = sync.OnceValues(func() (string, error) {
	if bin := os.Getenv("GT_BIN"); bin != "" {
		path := filepath.Join(bin, "gt-seccomp")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	dir, err := os.MkdirTemp("", "gt-seccomp")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "gt-seccomp")
	out, err := exec.Command("go", "build", "-o", path, "../../cmd/gt-seccomp").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func options(tb testing.TB) seccomp.Options {
	tb.Helper()
	path, err := compiler()
	if err == nil {
		var out []byte
		if out, err = exec.Command(path, "features").CombinedOutput(); err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
	}
	if err != nil {
		tb.Skipf("need cgo and libseccomp to build gt-seccomp: %v", err)
	}
	return seccomp.Options{CacheDir: filepath.Join(tb.TempDir(), "cache"), Helper: path}
}

// docker is Docker's default profile for a container without capabilities.
func docker(tb testing.TB, opt seccomp.Options) *specs.LinuxSeccomp {
	tb.Helper()
	out, err := exec.Command(opt.Helper, "default").Output()
	s := new(specs.LinuxSeccomp)
	if err == nil {
		err = json.Unmarshal(out, s)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// under makes the calls under the profile and returns their errnos.
func under(t *testing.T, s *specs.LinuxSeccomp, calls ...string) []string {
	t.Helper()
	p, err := seccomp.Filter(s, options(t))
	if err != nil {
		t.Fatal(err)
	}
	if p.CacheError != nil {
		t.Error(p.CacheError)
	}
	path := filepath.Join(t.TempDir(), "filter")
	if err := os.WriteFile(path, p.Filter, 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/proc/self/exe", calls...)
	c.Env = []string{"GT_FILTER=" + path, "GT_FLAGS=" + strconv.Itoa(int(p.Flags))}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.Fields(string(out))
}

func call(nr uintptr, args ...uint64) string {
	word := strconv.Itoa(int(nr))
	for _, a := range args {
		word += "," + strconv.FormatUint(a, 10)
	}
	return word
}

func errnos(t *testing.T, have []string, want ...unix.Errno) {
	t.Helper()
	words := make([]string, len(want))
	for i, e := range want {
		words[i] = strconv.Itoa(int(e))
	}
	if fmt.Sprint(have) != fmt.Sprint(words) {
		t.Errorf("errnos are %v, want %v", have, words)
	}
}

func TestKernelDeniesWhatTheProfileDenies(t *testing.T) {
	errno := func(n uint) *uint { return &n }
	s := &specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow,
		Flags:         []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagLog},
		Syscalls: []specs.LinuxSyscall{
			{Names: []string{"getppid", "no_such_call"}, Action: specs.ActErrno, ErrnoRet: errno(99)},
			{Names: []string{"personality"}, Action: specs.ActErrno},
			{Names: []string{"socket"}, Action: specs.ActErrno, ErrnoRet: errno(7), Args: []specs.LinuxSeccompArg{
				{Index: 0, Value: unix.AF_INET, Op: specs.OpEqualTo},
				{Index: 1, Value: 0xf, ValueTwo: unix.SOCK_DGRAM, Op: specs.OpMaskedEqual},
			}},
		},
	}
	errnos(t, under(t, s,
		call(unix.SYS_GETPPID), call(unix.SYS_GETPID), call(unix.SYS_PERSONALITY, 0xffffffff),
		call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC),
		call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM),
	), 99, 0, unix.EPERM, 7, 0)
}

func TestKernelGivesListener(t *testing.T) {
	s := &specs.LinuxSeccomp{
		DefaultAction: specs.ActAllow,
		ListenerPath:  "/run/agent.sock",
		Syscalls:      []specs.LinuxSyscall{{Names: []string{"mkdir", "mkdirat"}, Action: specs.ActNotify}},
	}
	errnos(t, under(t, s, call(unix.SYS_GETPID)), 0)
}

// CVE-2026-31431 and family: the families of sockets that Docker's profile
// keeps out, also with something in the half of the register that the kernel
// does not look at.
func TestKernelKeepsSocketFamiliesOut(t *testing.T) {
	s := docker(t, options(t))
	var calls []string
	var want []unix.Errno
	for _, family := range []uint64{unix.AF_ALG, unix.AF_VSOCK} {
		for _, high := range []uint64{0, 1 << 32, 1 << 63} {
			calls = append(calls, call(unix.SYS_SOCKET, family|high, unix.SOCK_SEQPACKET))
			want = append(want, unix.EPERM)
		}
	}
	calls = append(calls, call(unix.SYS_SOCKET, unix.AF_UNIX, unix.SOCK_STREAM), call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM))
	errnos(t, under(t, s, calls...), append(want, 0, 0)...)
}

func TestKernelDoesNotKnowNewerCalls(t *testing.T) {
	s := docker(t, options(t))
	errnos(t, under(t, s, call(9999), call(unix.SYS_UNSHARE, unix.CLONE_NEWUTS), call(unix.SYS_GETPID)), unix.ENOSYS, unix.EPERM, 0)
}

// Docker's profile, found in the cache: what every start with it pays.
func BenchmarkWarm(b *testing.B) {
	opt := options(b)
	s := docker(b, opt)
	for b.Loop() {
		if p, err := seccomp.Filter(s, opt); err != nil || p.CacheError != nil {
			b.Fatal(err, p.CacheError)
		}
	}
}

// The same compiled each time.
func BenchmarkCold(b *testing.B) {
	opt := options(b)
	s := docker(b, opt)
	opt.CacheDir = ""
	for b.Loop() {
		if _, err := seccomp.Filter(s, opt); err != nil {
			b.Fatal(err)
		}
	}
}

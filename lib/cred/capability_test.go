package cred

import (
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/plan"
)

func TestParseSet(t *testing.T) {
	set, unknown := ParseSet([]string{"CAP_KILL", "cap_net_raw", "SYS_ADMIN", "CAP_MOON", ""})
	if set != 1<<unix.CAP_KILL|1<<unix.CAP_NET_RAW|1<<unix.CAP_SYS_ADMIN || !slices.Equal(unknown, []string{"CAP_MOON", ""}) {
		t.Errorf("have %x, unknown %q", set, unknown)
	}
	if names := set.Names(); !slices.Equal(names, []string{"CAP_KILL", "CAP_NET_RAW", "CAP_SYS_ADMIN"}) {
		t.Errorf("have %q", names)
	}
}

// TestNames holds the table to the numbers of the kernel's header.
func TestNames(t *testing.T) {
	for name, number := range map[string]int{
		"CAP_CHOWN": unix.CAP_CHOWN, "CAP_SETPCAP": unix.CAP_SETPCAP, "CAP_SYS_ADMIN": unix.CAP_SYS_ADMIN,
		"CAP_AUDIT_WRITE": unix.CAP_AUDIT_WRITE, "CAP_SYSLOG": unix.CAP_SYSLOG, "CAP_BPF": unix.CAP_BPF,
		"CAP_CHECKPOINT_RESTORE": unix.CAP_CHECKPOINT_RESTORE,
	} {
		if set, _ := ParseSet([]string{name}); set != 1<<number {
			t.Errorf("%s: have %x, need bit %d", name, set, number)
		}
	}
	if len(All()) != unix.CAP_LAST_CAP+1 {
		t.Errorf("have %d names, need %d", len(All()), unix.CAP_LAST_CAP+1)
	}
}

func TestResource(t *testing.T) {
	for name, number := range map[string]int{
		"RLIMIT_CPU": unix.RLIMIT_CPU, "RLIMIT_CORE": unix.RLIMIT_CORE, "RLIMIT_NPROC": unix.RLIMIT_NPROC,
		"RLIMIT_NOFILE": unix.RLIMIT_NOFILE, "RLIMIT_AS": unix.RLIMIT_AS, "RLIMIT_MSGQUEUE": unix.RLIMIT_MSGQUEUE,
		"RLIMIT_RTTIME": unix.RLIMIT_RTTIME,
	} {
		if n, ok := Resource(name); !ok || n != number {
			t.Errorf("%s: have %d, %v, need %d", name, n, ok, number)
		}
	}
	for _, name := range []string{"", "CPU", "RLIMIT_", "RLIMIT_MOON", "rlimit_cpu"} {
		if n, ok := Resource(name); ok {
			t.Errorf("%q: have %d, need a refusal", name, n)
		}
	}
}

// TestIdentity: bounding set, then user, then the sets that the user keeps.
// Nothing is effective or ambient that is not permitted.
func TestIdentity(t *testing.T) {
	var said []string
	pl := &plan.Plan{}
	p := &specs.Process{
		NoNewPrivileges: true,
		User:            specs.User{UID: 5, GID: 6, AdditionalGids: []uint32{7}},
		Capabilities: &specs.LinuxCapabilities{
			Bounding: []string{"CAP_KILL", "CAP_MOON"}, Effective: []string{"CAP_KILL", "CAP_CHOWN"},
			Permitted: []string{"CAP_KILL", "CAP_SYS_ADMIN"}, Ambient: []string{"CAP_KILL", "CAP_NET_RAW"},
			Inheritable: []string{"CAP_KILL"},
		},
	}
	o := Options{Permitted: ^Set(0) &^ (1 << unix.CAP_SYS_ADMIN), Warn: func(format string, args ...any) {
		said = append(said, args[1].(string))
	}}
	Identity(p, pl, o, func() { t.Error("the filter comes before no_new_privs") })
	var ops []string
	for _, s := range pl.Steps {
		ops = append(ops, s.Op.String())
	}
	last := pl.Steps[len(pl.Steps)-1]
	const kill = 1 << unix.CAP_KILL
	if strings.Join(ops, " ") != "no-new-privs bound user capabilities" || !slices.Equal(last.Nums, []uint64{kill, kill, kill, kill}) {
		t.Errorf("have %q, sets %x", ops, last.Nums)
	}
	if !slices.Equal(said, []string{"CAP_MOON", "CAP_SYS_ADMIN"}) {
		t.Errorf("have warnings %q, need CAP_MOON and CAP_SYS_ADMIN", said)
	}
}

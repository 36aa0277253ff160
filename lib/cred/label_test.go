package cred

import (
	"os"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/plan"
)

// host pretends a kernel with or without AppArmor and SELinux.
func host(t *testing.T, armored, own, labeled bool) {
	t.Helper()
	old := security
	t.Cleanup(func() { security = old })
	dir := t.TempDir()
	security = Security{AppArmor: dir + "/enabled", SELinux: dir + "/enforce", Exec: dir + "/exec"}
	for name, there := range map[string]bool{security.AppArmor: armored, security.SELinux: labeled, security.Exec: own} {
		if there {
			if err := os.WriteFile(name, []byte("Y\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func steps(p *specs.Process) string {
	var pl plan.Plan
	KeyLabel(p, &pl)
	Labels(p, &pl)
	var b strings.Builder
	for _, s := range pl.Steps {
		b.WriteString(s.Member + " " + s.Path + "=" + s.Data + ";")
	}
	return b.String()
}

func TestLabels(t *testing.T) {
	both := &specs.Process{ApparmorProfile: "web", SelinuxLabel: "a:b:c:s0:c1,c2"}
	host(t, true, true, true)
	if have := steps(both); have != "/process/selinuxLabel keycreate=a:b:c:s0:c1,c2;/process/selinuxLabel exec=a:b:c:s0:c1,c2;/process/apparmorProfile apparmor/exec=exec web;" {
		t.Errorf("have %s", have)
	}
	host(t, true, false, false)
	if have := steps(&specs.Process{ApparmorProfile: unconfined}); have != "/process/apparmorProfile exec=exec unconfined;" {
		t.Errorf("before Linux 5.8: have %s", have)
	}
	host(t, false, false, false)
	if have := steps(&specs.Process{ApparmorProfile: unconfined}); have != "" {
		t.Errorf("without AppArmor: have %s, need none", have)
	}
}

func TestLacks(t *testing.T) {
	p := &specs.Process{ApparmorProfile: "web", SelinuxLabel: "l", Scheduler: &specs.Scheduler{Policy: specs.SchedISO}}
	host(t, true, true, true)
	if list := Lacks(p); len(list) != 1 || list[0].Member != "/process/scheduler/policy" || MountLabel("l") != nil {
		t.Errorf("with all: have %v", list)
	}
	host(t, false, false, false)
	var have []string
	for _, e := range Lacks(p) {
		have = append(have, e.Error())
		if !strings.Contains(e.Error(), "need ") || e.Code != "kernel" {
			t.Errorf("have %v of code %s, need what is needed", e, e.Code)
		}
	}
	if len(have) != 3 || MountLabel("l") == nil || MountLabel("") != nil {
		t.Errorf("with none: have %q", have)
	}
	if list := Lacks(&specs.Process{ApparmorProfile: unconfined}); list != nil {
		t.Errorf("unconfined: have %v", list)
	}
}

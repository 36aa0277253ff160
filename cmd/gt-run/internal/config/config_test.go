package config

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/account"
)

var update = flag.Bool("update", false, "write the golden files")

// template is small, so that the golden files show what Edit does.
const template = `{
	"ociVersion": "1.3.0",
	"process": {"terminal": true, "user": {"uid": 0, "gid": 0}, "args": ["sh"], "env": ["X=1"], "cwd": "/here",
		"rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}], "noNewPrivileges": true},
	"root": {"path": "rootfs", "readonly": true},
	"hostname": "template",
	"mounts": [
		{"destination": "/proc", "type": "proc", "source": "proc"},
		{"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["nosuid", "mode=0620", "gid=5"]},
		{"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "ro"]}
	],
	"linux": {
		"resources": {"devices": [{"allow": false, "access": "rwm"}]},
		"namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "mount"}],
		"maskedPaths": ["/proc/kcore", "/etc/shadow", "/etc/ssh/key"],
		"readonlyPaths": ["/proc/sys"]
	}
}`

var cases = map[string]Ask{
	"plain": {
		Args: []string{"/bin/sh"}, Hostname: "web", Root: "/srv/alpine",
		Confinement: Confinement{Capabilities: []string{"CAP_KILL"}},
	},
	"everything": {
		Args: []string{"nginx", "-g", "daemon off;"}, Terminal: true, Cwd: "/srv", Hostname: "gopher",
		Env:     []string{"A=1", "PATH=/bin", "A=2", "EMPTY=", "TERM=vt100"},
		Keep:    []string{"LANG"},
		Environ: []string{"LANG=C.UTF-8", "TOKEN=secret"},
		User:    account.Account{UID: 1000, GID: 1001, Groups: []uint32{10, 44}, Home: "/home/gopher"},
		Limits:  Limits{Memory: 512 << 20, CPU: 50_000, Pids: 32}, ReadOnly: true, NoNewPrivs: true,
		Volumes: []specs.Mount{
			{Destination: "/etc/ssh/deep", Type: "bind", Source: "/b", Options: []string{"rbind"}},
			{Destination: "/etc/ssh", Type: "bind", Source: "/a", Options: []string{"rbind"}},
			{Destination: "/proc", Type: "bind", Source: "/c", Options: []string{"rbind"}},
		},
		Confinement: Confinement{Capabilities: []string{"CAP_KILL", "CAP_CHOWN"}, Seccomp: &specs.LinuxSeccomp{DefaultAction: specs.ActErrno}},
		HostNetwork: true,
		Hooks:       specs.Hooks{Poststop: []specs.Hook{{Path: "/bin/gt-run", Args: []string{"gt-run-poststop"}}}},
	},
	"host":          {Args: []string{"make"}, Hostname: "web", Host: true, Confinement: Confinement{Capabilities: []string{"CAP_KILL"}}},
	"rootless":      {Args: []string{"id"}, Hostname: "web", Rootless: &IDs{1000, 1001}, Confinement: Confinement{Capabilities: []string{"CAP_KILL"}}},
	"rootless-host": {Args: []string{"id"}, Hostname: "web", Rootless: &IDs{1000, 1001}, HostNetwork: true},
}

func TestEdit(t *testing.T) {
	for name, ask := range cases {
		got, err := Edit([]byte(template), &ask)
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s: have\n%s\nneed\n%s", name, got, want)
		}
	}
}

// A template without optional members is completed, not dereferenced.
func TestEditEmpty(t *testing.T) {
	got, err := Edit([]byte(`{"ociVersion":"1.0.0"}`), &Ask{Args: []string{"x"}, Rootless: &IDs{1, 1}, Hooks: specs.Hooks{Poststop: []specs.Hook{{Path: "/x"}}}})
	if err != nil {
		t.Fatal(err)
	}
	var s specs.Spec
	if err := json.Unmarshal(got, &s); err != nil || len(s.Linux.Namespaces) != 7 || s.Root.Path != "rootfs" {
		t.Errorf("have %s, %v", got, err)
	}
	// A template that is rootless already has its user namespace once.
	again, err := Edit(got, &Ask{Args: []string{"x"}, Rootless: &IDs{1, 1}})
	if err != nil || strings.Count(string(again), `"user"`) != strings.Count(string(got), `"user"`) {
		t.Errorf("have %s, %v", again, err)
	}
	if _, err := Edit([]byte("{"), &Ask{}); err == nil || !strings.Contains(err.Error(), "read config.json") {
		t.Errorf("have %v", err)
	}
}

func TestCapabilities(t *testing.T) {
	if n := len(Usual()); n != 14 {
		t.Errorf("have %d, need 14", n)
	}
	got, err := Granted()
	if err != nil || len(got) > 14 {
		t.Errorf("have %v, %v", got, err)
	}
	if os.Geteuid() == 0 && !strings.Contains(strings.Join(got, " "), "CAP_CHOWN") {
		t.Errorf("root has %v", got)
	}
}

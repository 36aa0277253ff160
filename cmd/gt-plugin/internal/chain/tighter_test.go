package chain

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/patch"
	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/spec"
)

// before is a spec with something of everything that can be tightened.
func before(t *testing.T) any {
	t.Helper()
	text, err := canonical(spec.Default())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := patch.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	doc, err = patch.Apply(doc, steps(t, `[
		{"op":"replace","path":"/process/noNewPrivileges","value":false},
		{"op":"replace","path":"/root/readonly","value":false},
		{"op":"add","path":"/linux/resources/memory","value":{"limit":1000}},
		{"op":"add","path":"/hooks","value":{"poststop":[{"path":"/bin/true"}]}}]`))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func steps(t *testing.T, text string) []plugin.PatchStep {
	t.Helper()
	var list []plugin.PatchStep
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTighter(t *testing.T) {
	for _, c := range []struct{ step, refused string }{
		{`{"op":"replace","path":"/process/noNewPrivileges","value":true}`, ""},
		{`{"op":"replace","path":"/root/readonly","value":true}`, ""},
		{`{"op":"remove","path":"/process/capabilities"}`, ""},
		{`{"op":"replace","path":"/process/capabilities/bounding","value":["CAP_KILL"]}`, ""},
		{`{"op":"remove","path":"/process/capabilities/bounding/0"}`, ""},
		{`{"op":"add","path":"/linux/maskedPaths/-","value":"/proc/x"}`, ""},
		{`{"op":"add","path":"/linux/seccomp","value":{"defaultAction":"SCMP_ACT_ERRNO"}}`, ""},
		{`{"op":"replace","path":"/linux/resources/memory/limit","value":999}`, ""},
		{`{"op":"add","path":"/linux/resources/pids","value":{"limit":5}}`, ""},
		{`{"op":"add","path":"/process/rlimits/-","value":{"type":"RLIMIT_CORE","hard":0,"soft":0}}`, ""},
		{`{"op":"add","path":"/mounts/1/options/-","value":"noexec"}`, ""},
		{`{"op":"add","path":"/process/apparmorProfile","value":"tight"}`, ""},

		{`{"op":"replace","path":"/process/args","value":["evil"]}`, "/process/args"},
		{`{"op":"add","path":"/process/env/-","value":"LD_PRELOAD=/x"}`, "/process/env"},
		{`{"op":"replace","path":"/process/user/uid","value":1}`, "/process/user/uid"},
		{`{"op":"add","path":"/process/capabilities/bounding/-","value":"CAP_SYS_ADMIN"}`, "/process/capabilities/bounding"},
		{`{"op":"add","path":"/process/capabilities/ambient","value":["CAP_KILL"]}`, "/process/capabilities/ambient"},
		{`{"op":"remove","path":"/linux/maskedPaths/0"}`, "/linux/maskedPaths"},
		{`{"op":"remove","path":"/linux/maskedPaths"}`, "/linux/maskedPaths"},
		{`{"op":"replace","path":"/linux/readonlyPaths","value":[]}`, "/linux/readonlyPaths"},
		{`{"op":"replace","path":"/linux/resources/memory/limit","value":1001}`, "/linux/resources/memory/limit"},
		{`{"op":"replace","path":"/linux/resources/memory/limit","value":-1}`, "/linux/resources/memory/limit"},
		{`{"op":"remove","path":"/linux/resources/memory"}`, "/linux/resources/memory"},
		{`{"op":"remove","path":"/linux/resources"}`, "/linux/resources"},
		{`{"op":"add","path":"/linux/resources/pids","value":{"limit":5,"x":{}}}`, "/linux/resources/pids"},
		{`{"op":"add","path":"/linux/resources/devices/-","value":{"allow":true,"access":"rwm"}}`, "/linux/resources/devices"},
		{`{"op":"remove","path":"/linux/namespaces/0"}`, "/linux/namespaces"},
		{`{"op":"add","path":"/linux/devices","value":[{"path":"/dev/sda","type":"b","major":8,"minor":0}]}`, "/linux/devices"},
		{`{"op":"add","path":"/mounts/-","value":{"destination":"/x","type":"bind","source":"/"}}`, "/mounts"},
		{`{"op":"remove","path":"/mounts/0"}`, "/mounts"},
		{`{"op":"add","path":"/mounts/1/options/-","value":"dev"}`, "/mounts"},
		{`{"op":"replace","path":"/mounts/1/source","value":"/"}`, "/mounts"},
		{`{"op":"add","path":"/hooks/poststop/-","value":{"path":"/bin/evil"}}`, "/hooks/poststop"},
		{`{"op":"replace","path":"/process/rlimits/0/hard","value":999999}`, "/process/rlimits"},
		{`{"op":"remove","path":"/process/rlimits"}`, "/process/rlimits"},
		{`{"op":"replace","path":"/root/path","value":"/"}`, "/root/path"},
		{`{"op":"add","path":"/annotations","value":{"a":"b"}}`, "/annotations"},
		{`{"op":"add","path":"/linux/cgroupsPath","value":"/x"}`, "/linux/cgroupsPath"},
		{`{"op":"add","path":"/linux/sysctl","value":{"net.ipv4.ip_forward":"1"}}`, "/linux/sysctl"},
		{`{"op":"replace","path":"","value":{}}`, "/hooks"},
		{`{"op":"replace","path":"/linux","value":{}}`, "/linux/maskedPaths"},
		{`{"op":"remove","path":"/linux"}`, "/linux"},
	} {
		after, err := patch.Apply(before(t), steps(t, "["+c.step+"]"))
		if err != nil {
			t.Fatal(err)
		}
		err = Tighter(before(t), after)
		if (err == nil) != (c.refused == "") || err != nil && !strings.HasPrefix(err.Error(), c.refused+": the change") {
			t.Errorf("%s: have %v, need %q", c.step, err, c.refused)
		}
	}
}

// What gt-oci ignores must not look to a plugin like something that holds.
func TestCanonical(t *testing.T) {
	text, err := canonical([]byte(`{"Process":{"noNewPrivileges":true},"process":{"NoNewPrivileges":true,"cwd":"/a","cwd":"/b","args":["x"]},"hostname":"h"}`))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(text); strings.Contains(s, "rivileges") || strings.Contains(s, "/a") || !strings.Contains(s, `"cwd":"/b"`) {
		t.Errorf("have %s", s)
	}
}

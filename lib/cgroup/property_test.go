package cgroup

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/systemd"
)

// inWords writes properties as NAME=VALUE, without types.
func inWords(list []systemd.Property) string {
	var all []string
	for _, p := range list {
		all = append(all, p.Name+"="+spelled(p.Value.Data))
	}
	return strings.Join(all, " ")
}

func spelled(data any) string {
	list, ok := data.([]systemd.Value)
	if !ok {
		return fmt.Sprint(data)
	}
	var all []string
	for _, v := range list {
		all = append(all, spelled(v.Data))
	}
	return "(" + strings.Join(all, ",") + ")"
}

func TestProperties(t *testing.T) {
	const none = "18446744073709551615"
	for text, want := range map[string]string{
		`{}`: "",
		`{"memory":{"limit":67108864,"swap":100000000,"reservation":5}}`: "MemoryMax=67108864 MemoryLow=5 MemorySwapMax=32891136",
		`{"memory":{"limit":-1}}`:                           "MemoryMax=" + none + " MemorySwapMax=" + none,
		`{"memory":{"limit":0,"swap":-1}}`:                  "MemorySwapMax=" + none,
		`{"cpu":{"shares":1024,"cpus":"0-2,9","mems":"1"}}`: "CPUWeight=100 AllowedCPUs=(7,2) AllowedMemoryNodes=(2)",
		`{"cpu":{"shares":1024,"idle":1}}`:                  "",
		`{"cpu":{"quota":50000}}`:                           "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=500000",
		`{"cpu":{"quota":50001,"period":50000}}`:            "CPUQuotaPeriodUSec=50000 CPUQuotaPerSecUSec=1010000",
		`{"cpu":{"quota":-1}}`:                              "CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=" + none,
		`{"pids":{"limit":20}}`:                             "TasksMax=20",
		`{"pids":{"limit":-7}}`:                             "TasksMax=" + none,
		`{"blockIO":{"weight":1000,"throttleReadBpsDevice":[{"major":8,"minor":1,"rate":9}]}}`:                                      "IOWeight=10000 IOReadBandwidthMax=((/dev/block/8:1,9))",
		`{"unified":{"memory.high":"5","pids.max":"max","cpu.max":"max 5000","cpuset.cpus":"1","misc.max":"1","memory.min":"64M"}}`: "CPUQuotaPeriodUSec=5000 CPUQuotaPerSecUSec=" + none + " AllowedCPUs=(2) MemoryHigh=5 TasksMax=" + none,
		`{"devices":[{"allow":true,"access":"rwm"}]}`:                                                                               "DeviceAllow=() DevicePolicy=auto",
		`{"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"a","access":"rwm"}]}`:                                     "DeviceAllow=() DevicePolicy=auto",
	} {
		g := &Group{mode: V2, dirs: map[string]string{"": "/nothere"}, unit: &unit{uid: systemd.System}}
		list, err := g.properties(resources(t, text))
		if have := inWords(list); err != nil || have != want {
			t.Errorf("%s:\nhave %s %v\nneed %s", text, have, err, want)
		}
	}
}

func TestPropertiesV1(t *testing.T) {
	g := &Group{mode: Hybrid, dirs: map[string]string{"": "/nothere"}, unit: &unit{uid: systemd.System}}
	list, err := g.properties(resources(t, `{"memory":{"limit":5,"swap":9},"cpu":{"shares":512,"quota":50000},"pids":{"limit":-1},"blockIO":{"weight":100}}`))
	const want = "MemoryLimit=5 CPUShares=512 CPUQuotaPeriodUSec=100000 CPUQuotaPerSecUSec=500000 TasksMax=18446744073709551615 BlockIOWeight=100"
	if have := inWords(list); err != nil || have != want {
		t.Errorf("have %s %v\nneed %s", have, err, want)
	}
}

// TestDeviceProperties: what is allowed before a rule for everything is not.
func TestDeviceProperties(t *testing.T) {
	p := &props{}
	p.devices(resources(t, `{"devices":[{"allow":true,"type":"c","major":9,"minor":9},{"allow":false,"access":"rwm"},
		{"allow":true,"type":"b","major":8,"minor":1,"access":"r"},{"allow":true,"type":"c","major":1},{"allow":true,"type":"c","minor":4,"access":"m"}]}`).Devices)
	have := inWords(p.list)
	for _, want := range []string{"DevicePolicy=strict", "(/dev/block/8:1,r)", "(char-mem,rwm)", "(char-*,m)", "(block-*,m)", "(/dev/char/1:3,rwm)"} {
		if !strings.Contains(have, want) {
			t.Errorf("have %s, need %s", have, want)
		}
	}
	if strings.Contains(have, "9:9") {
		t.Errorf("have %s, need no 9:9", have)
	}
	p = &props{}
	p.devices(resources(t, `{"devices":[{"allow":true,"type":"p"},{"allow":true,"type":"u","major":9,"minor":9}]}`).Devices)
	have = inWords(p.list)
	if !strings.Contains(have, "DevicePolicy=strict") || !strings.Contains(have, "(/dev/char/9:9,rwm)") || strings.Contains(have, "/dev/block/") {
		t.Errorf("have %s, need no more than 9:9", have)
	}
}

func TestScopeNames(t *testing.T) {
	for path, want := range map[string]string{
		"":                "system.slice gt-id.scope",
		"::a":             "system.slice a.scope",
		"x.slice:cri:abc": "x.slice cri-abc.scope",
		":p:a/b.scope":    `system.slice p-a\x2fb.scope`,
	} {
		u := &unit{uid: systemd.System}
		if err := u.locate(path, "id"); err != nil || u.slice+" "+u.name != want {
			t.Errorf("%s: have %s %s %v, need %s", path, u.slice, u.name, err, want)
		}
	}
	u := &unit{uid: 1000}
	if err := u.locate("", "id"); err != nil || u.slice != "user.slice" {
		t.Errorf("have %s %v, need user.slice", u.slice, err)
	}
	for _, path := range []string{"/a", "a:b", "a:b:", "a:b:c:d", "a:b:c.slice", "::" + strings.Repeat("x", 260)} {
		if err := u.locate(path, "id"); fail.Details(err).Member != "/linux/cgroupsPath" {
			t.Errorf("%s: have %v, need a refusal", path, err)
		}
	}
}

// TestUnitNote: gc finds the scope of a create that was killed by its note.
func TestUnitNote(t *testing.T) {
	for _, text := range []string{"system/a.scope", "1000/b.scope", ""} {
		g := &Group{mode: V2, dirs: map[string]string{"": "/x"}}
		if err := g.Belongs(text); err != nil {
			t.Fatal(err)
		}
		back, err := FromNote(g.Note())
		if err != nil || back.Unit() != text || back.dirs[""] != "/x" || len(back.dirs) != 1 {
			t.Errorf("%s: have %v %v", text, back, err)
		}
	}
	for _, text := range []string{"a.scope", "x/a.scope", "-1/a", "system/", "/"} {
		if err := (&Group{}).Belongs(text); err == nil {
			t.Errorf("%s: need a refusal", text)
		}
	}
	if _, err := FromNote("v2\x00unit\x00x/y"); err == nil {
		t.Error("need a refusal")
	}
}

func TestAnnotations(t *testing.T) {
	list, err := annotated(map[string]string{"a": "b", systemd.Prefix + "TimeoutStopSec": "7", systemd.Prefix + "After": "['a.service']"})
	if have := inWords(list); err != nil || have != "After=(a.service) TimeoutStopUSec=7000000" {
		t.Errorf("have %s %v", have, err)
	}
	for _, name := range []string{"PIDs", "Slice", "Delegate"} {
		_, err := annotated(map[string]string{systemd.Prefix + name: "true"})
		if fail.Details(err).Member != "/annotations/"+systemd.Prefix+name {
			t.Errorf("%s: have %v, need a refusal", name, err)
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/container"
)

// A process that the spec confines must not come back unconfined.
func TestAuditLabel(t *testing.T) {
	for _, c := range []struct {
		have, apparmor, selinux, other string
		fine                           bool
	}{
		{have: "unconfined\n", fine: true},
		{have: "unconfined\n", apparmor: "tight"},
		{have: "tight (enforce)\n", apparmor: "tight", fine: true},
		{have: "unconfined\n", apparmor: "tight", other: "apparmor:unconfined", fine: true},
		{have: "kernel\x00", selinux: "system_u:system_r:container_t:s0"},
		{have: "u:r:unconfined_t:s0\x00", selinux: "system_u:system_r:container_t:s0"},
		{have: "system_u:system_r:container_t:s0\x00", selinux: "system_u:system_r:container_t:s0", fine: true},
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "attr"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "attr/current"), []byte(c.have), 0o600); err != nil {
			t.Fatal(err)
		}
		v := &revival{restoring: &restoring{lsmProfile: c.other}, r: &container.Revival{
			Spec: &specs.Spec{Process: &specs.Process{ApparmorProfile: c.apparmor, SelinuxLabel: c.selinux}},
		}}
		if err := v.auditLabel(dir); (err == nil) != c.fine {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// Who is another user than root and can gain nothing has to be that user.
func TestAuditUser(t *testing.T) {
	tight := specs.Process{User: specs.User{UID: 7}, NoNewPrivileges: true, Capabilities: &specs.LinuxCapabilities{}}
	loose, able := tight, tight
	loose.NoNewPrivileges = false
	able.Capabilities = &specs.LinuxCapabilities{Ambient: []string{"CAP_SETUID"}, Bounding: []string{"CAP_SETUID"}}
	for _, c := range []struct {
		spec specs.Process
		maps []specs.LinuxIDMapping
		uids string
		fine bool
	}{
		{tight, nil, "7\t7\t7\t7", true},
		{tight, nil, "7\t0\t7\t0", false},
		{tight, nil, "8\t8\t8\t8", false},
		{tight, []specs.LinuxIDMapping{{HostID: 1000, Size: 10}}, "1007\t1007\t1007\t1007", true},
		{tight, []specs.LinuxIDMapping{{HostID: 1000, Size: 10}}, "7\t7\t7\t7", false},
		{loose, nil, "0\t0\t0\t0", true},
		{able, nil, "0\t0\t0\t0", true},
	} {
		status := map[string]string{"Name": "x", "NSpid": "1", "Uid": c.uids, "NoNewPrivs": "1"}
		for _, set := range []string{"CapBnd", "CapPrm", "CapEff", "CapInh", "CapAmb"} {
			status[set] = "0"
		}
		s := &specs.Spec{Process: &c.spec, Linux: &specs.Linux{UIDMappings: c.maps}}
		if err := auditStatus(s, status); (err == nil) != c.fine {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

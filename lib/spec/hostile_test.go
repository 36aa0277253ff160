package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func refuses(t *testing.T, patch, member string) {
	t.Helper()
	for _, f := range Findings(patched(t, patch)) {
		if f.Member == member {
			return
		}
	}
	t.Errorf("%.200s: have no finding at %s, need one", patch, member)
}

// CVE-2022-0811: a value that a shell or the kernel's parser would read as a
// second setting, and settings of the whole host.
func TestCVE20220811(t *testing.T) {
	for _, value := range []string{"1+kernel.core_pattern=|/x", "1\nkernel.core_pattern=|/x", "a=b", "1\x00"} {
		refuses(t, fmt.Sprintf(`{"linux":{"sysctl":{"kernel.shm_rmid_forced":%s}}}`, quoted(value)), "/linux/sysctl/kernel.shm_rmid_forced")
	}
	for _, key := range []string{"kernel.core_pattern", "kernel.modprobe", "vm.overcommit_memory", "fs.suid_dumpable", "net", "kernel.shmmax+x"} {
		refuses(t, fmt.Sprintf(`{"linux":{"sysctl":{%q:"1"}}}`, key), "/linux/sysctl/"+key)
	}
	refuses(t, `{"linux":{"sysctl":{"net/ipv4/../../kernel/core_pattern":"1"}}}`, "/linux/sysctl/net~1ipv4~1..~1..~1kernel~1core_pattern")
}

func quoted(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return `"` + b.String() + `"`
}

// CVE-2021-43784: a map so long that a length of 16 bits wraps around.
func TestCVE202143784(t *testing.T) {
	var lines []string
	for i := range 5000 {
		lines = append(lines, fmt.Sprintf(`{"containerID":%d,"hostID":%d,"size":1}`, 2*i, 100000+2*i))
	}
	list := "[" + strings.Join(lines, ",") + "]"
	patch := `{"linux":{"namespaces":[{"type":"mount"},{"type":"user"},{"type":"uts"}],"uidMappings":` + list + `,"gidMappings":` + list + `}}`
	refuses(t, patch, "/linux/uidMappings")
	refuses(t, patch, "/linux/gidMappings")
}

// CVE-2024-40635: a number that means no change to the kernel, and numbers that
// would wrap around to root.
func TestCVE202440635(t *testing.T) {
	refuses(t, `{"process":{"user":{"uid":4294967295}}}`, "/process/user/uid")
	for _, uid := range []string{"4294967296", "9223372036854775808", "-1", "1e400", `"0"`, "0.5", "18446744073709551616"} {
		if s, err := Decode([]byte(`{"process":{"user":{"uid":` + uid + `}}}`)); err == nil {
			t.Errorf("%s: have user %d, need a refusal", uid, s.Process.User.UID)
		}
	}
}

// A fifo hangs who opens it, a device feeds for ever, a large file fills memory.
func TestReadRefuses(t *testing.T) {
	dir := t.TempDir()
	fifo, big := filepath.Join(dir, "fifo"), filepath.Join(dir, "big")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(big, make([]byte, MaxSize+1), 0o600); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(2*time.Minute, func() { panic("Read hangs") })
	defer late.Stop()
	for name, want := range map[string]string{
		fifo: "is no regular file", dir: "is no regular file", "/dev/zero": "is no regular file",
		big: "need a smaller config.json", dir + "/nothere": "no such file",
	} {
		if _, _, err := Read(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: have %v, need %s", name, err, want)
		}
	}
}

// Deep nesting must not end the process by its stack.
func TestDepth(t *testing.T) {
	for _, text := range []string{strings.Repeat("[", MaxSize), strings.Repeat(`{"a":`, MaxSize/5), `{"hooks":` + strings.Repeat("[", 300)} {
		if _, err := Decode([]byte(text)); err == nil {
			t.Errorf("%.20s…: have no fault, need one", text)
		}
	}
}

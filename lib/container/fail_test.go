package container_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A failure makes one kind of step fail for real. Words are what its sentence
// must have beside the member.
type failure struct {
	op     string
	member string
	words  string // separated by " … "
	edit   func(w *world, s map[string]any)
}

func mounts(list ...map[string]any) func(*world, map[string]any) {
	return func(_ *world, s map[string]any) {
		for _, m := range list {
			s["mounts"] = append(s["mounts"].([]any), m)
		}
	}
}

func process(name string, value any) func(*world, map[string]any) {
	return func(_ *world, s map[string]any) { s["process"].(map[string]any)[name] = value }
}

func linux(name string, value any) func(*world, map[string]any) {
	return func(_ *world, s map[string]any) { s["linux"].(map[string]any)[name] = value }
}

func hooks(kind string, hook map[string]any) func(*world, map[string]any) {
	return func(_ *world, s map[string]any) { s["hooks"] = map[string]any{kind: []any{hook}} }
}

// devInodes makes room in /dev for the mount points and n nodes.
func devInodes(n int) func(*world, map[string]any) {
	return func(_ *world, s map[string]any) {
		for _, m := range s["mounts"].([]any) {
			if m := m.(map[string]any); m["destination"] == "/dev" {
				m["options"] = append(m["options"].([]any), "nr_inodes="+itoa(n))
			}
		}
	}
}

// loop is a path in the root that cannot be walked.
func loop(then func(*world, map[string]any)) func(*world, map[string]any) {
	return func(w *world, s map[string]any) {
		_ = os.Symlink("loop", w.bundle+"/rootfs/loop")
		then(w, s)
	}
}

//house:table
var failures = []failure{
	{"root", "/root/path", "no such file or directory … the source does not exist", func(_ *world, s map[string]any) {
		s["root"] = map[string]any{"path": "/nothere"}
	}},
	{"mount", "/mounts/7", "mount nosuchfs on /mnt … no such device … this kernel has no filesystem nosuchfs", mounts(map[string]any{"destination": "/mnt", "type": "nosuchfs", "source": "none"})},
	{"mount", "/mounts/7", "mount tmpfs on /mnt … invalid argument … size", mounts(map[string]any{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": []string{"size=much"}})},
	{"mount", "/mounts/7", "mount tmpfs on /etc/passwd/x … not a directory", mounts(map[string]any{"destination": "/etc/passwd/x", "type": "tmpfs", "source": "tmpfs"})},
	{"mount", "/mounts/7", "mount tmpfs on /loop … too many levels of symbolic links", loop(mounts(map[string]any{"destination": "/loop", "type": "tmpfs", "source": "tmpfs"}))},
	{"bind", "/mounts/7", "bind /no/such on /mnt … no such file or directory … the source does not exist", mounts(map[string]any{"destination": "/mnt", "source": "/no/such", "options": []string{"rbind"}})},
	{"bind", "/mounts/7", "bind /etc on /etc/passwd … not a directory", mounts(map[string]any{"destination": "/etc/passwd", "source": "/etc", "options": []string{"bind"}})},
	{"mknod", "", "make device /dev/full … no space left on device", devInodes(6)},
	{"symlink", "", "link /dev/stdin to /proc/self/fd/0 … no space left on device", devInodes(11)},
	{"mknod", "/linux/devices/0", "make device /etc/passwd/null … not a directory", linux("devices", []any{map[string]any{"path": "/etc/passwd/null", "type": "c", "major": 1, "minor": 3}})},
	{"mknod", "/linux/devices/0", "make device /etc/passwd … not what it has to be", linux("devices", []any{map[string]any{"path": "/etc/passwd", "type": "c", "major": 1, "minor": 3}})},
	{"sync", "/hooks/createRuntime/0", "exit code 4", hooks("createRuntime", map[string]any{"path": "/bin/sh", "args": []string{"sh", "-c", "exit 4"}})},
	{"hook", "/hooks/createContainer/0", "run hook /bin/sh … exit code 5", hooks("createContainer", map[string]any{"path": "/bin/sh", "args": []string{"sh", "-c", "exit 5"}})},
	{"hook", "/hooks/createContainer/0", "run hook /no/such … no such file or directory", hooks("createContainer", map[string]any{"path": "/no/such"})},
	{"hook", "/hooks/createContainer/0", "killed by signal 15", hooks("createContainer", map[string]any{"path": "/bin/sh", "args": []string{"sh", "-c", "kill $$"}})},
	{"hook", "/hooks/createContainer/0", "still running after 1 s, killed", hooks("createContainer", map[string]any{"path": "/bin/sleep", "args": []string{"sleep", "100"}, "timeout": 1})},
	{"sysctl", "/linux/sysctl/net.ipv4.nosuch", "set net/ipv4/nosuch … no such file or directory … this kernel has no such sysctl", linux("sysctl", map[string]string{"net.ipv4.nosuch": "1"})},
	{"sysctl", "/linux/sysctl/net.ipv4.ip_forward", "invalid argument", linux("sysctl", map[string]string{"net.ipv4.ip_forward": "much"})},
	{"mask", "/linux/maskedPaths/0", "mask /loop … too many levels of symbolic links", loop(linux("maskedPaths", []string{"/loop"}))},
	{"readonly", "/linux/readonlyPaths/0", "readonly /loop … too many levels of symbolic links", loop(linux("readonlyPaths", []string{"/loop"}))},
	{"remount", "/mounts/7", "remount /bin … invalid argument … nothing is mounted there", mounts(map[string]any{"destination": "/bin", "options": []string{"bind", "remount", "ro"}})},
	{"reconfigure", "/mounts/7", "reconfigure /dev … Bad value for 'size' … invalid argument", mounts(map[string]any{"destination": "/dev", "options": []string{"remount", "size=x"}})},
	{"bind", "/mounts/7", "map the owners of /proc … invalid argument … its filesystem has no id-mapped mounts", mounts(map[string]any{
		"destination": "/mnt", "source": "/proc", "options": []string{"bind", "idmap"},
		"uidMappings": []any{map[string]any{"size": 9}}, "gidMappings": []any{map[string]any{"size": 9}},
	})},
	{"mempolicy", "/linux/memoryPolicy", "set memory policy MPOL_BIND … invalid argument … the machine has nodes", linux("memoryPolicy", map[string]any{"mode": "MPOL_BIND", "nodes": "1000"})},
	{"devices", "/linux/netDevices/gtnothere", "move device gtnothere … no such device", linux("netDevices", map[string]any{"gtnothere": map[string]any{}})},
	{"time", "/linux/timeOffsets", "set time offsets … numerical result out of range", func(_ *world, s map[string]any) {
		l := s["linux"].(map[string]any)
		l["namespaces"] = append(l["namespaces"].([]any), map[string]any{"type": "time"})
		l["timeOffsets"] = map[string]any{"monotonic": map[string]any{"secs": -1 << 40}}
	}},
	{"rlimit", "/process/rlimits/0", "set RLIMIT_NOFILE … operation not permitted … (", process("rlimits", []any{map[string]any{"type": "RLIMIT_NOFILE", "soft": 1 << 31, "hard": 1 << 31}})},
	{"user", "/process/user/uid", "have 70, need one that /linux/uidMappings maps", func(w *world, s map[string]any) {
		process("user", map[string]any{"uid": 70, "gid": 8})(w, s)
		mapped(w, s)
	}},
	{"chdir", "/process/cwd", "enter /etc/passwd … not a directory", process("cwd", "/etc/passwd")},
	{"exec", "/process/args/0", "execute nosuch … executable file not found in $PATH", process("args", []string{"nosuch"})},
	{"exec", "/process/args/0", "execute /etc … is a directory", process("args", []string{"/etc"})},
	{"hostname", "/hostname", "64", func(_ *world, s map[string]any) { s["hostname"] = strings.Repeat("x", 65) }},
	{"cgroup", "/linux/resources/cpu/cpus", "cpuset.cpus", linux("resources", map[string]any{"cpu": map[string]any{"cpus": "4000"}})},
	{"cgroup", "/linux/resources/pids/limit", "pids.max", linux("resources", map[string]any{"pids": map[string]any{"limit": 1 << 60}})},
	{"namespace", "/linux/namespaces/0/path", "no such file or directory", joined("/no/such")},
	{"namespace", "/linux/namespaces/0/path", "/proc/self/ns/uts is no such namespace, need one of type net", joined("/proc/self/ns/uts")},
}

func joined(path string) func(*world, map[string]any) {
	return func(_ *world, s map[string]any) {
		delete(s, "hostname")
		s["linux"].(map[string]any)["namespaces"] = []any{
			map[string]any{"type": "network", "path": path}, map[string]any{"type": "mount"},
		}
	}
}

// mapped gives the container a user namespace of two users.
func mapped(_ *world, s map[string]any) {
	l := s["linux"].(map[string]any)
	l["namespaces"] = append(l["namespaces"].([]any), map[string]any{"type": "user"})
	one := []any{map[string]any{"containerID": 0, "hostID": 0, "size": 60}}
	l["uidMappings"], l["gidMappings"] = one, one
}

// TestFailures holds every failure to one sentence with the member, what was
// tried and what the kernel said, to the same as JSON in the log, and to
// leaving nothing.
func TestFailures(t *testing.T) {
	for i, f := range failures {
		t.Run(itoa(i)+"-"+f.op, func(t *testing.T) {
			w := newWorld(t)
			w.edit(func(s map[string]any) { f.edit(w, s) })
			args := w.args("create", "--stdio=null", "--bundle", w.bundle, w.id)
			log := w.dir + "/log"
			args = append([]string{args[0], "--log", log, "--log-format", "json"}, args[1:]...)
			cmd := exec.Command(args[0], args[1:]...)
			var said bytes.Buffer
			cmd.Stderr = &said
			err := cmd.Run()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() > 2 {
				t.Errorf("have %v, need exit code 1 or 2", err)
			}
			for _, word := range append(strings.Split(f.words, " … "), "gt-oci: create "+w.id+": ", f.member) {
				if !strings.Contains(said.String(), word) {
					t.Errorf("have %q, need %q", said.String(), word)
				}
			}
			if strings.Count(said.String(), "\n") != 1 {
				t.Errorf("have %q, need one line", said.String())
			}
			logged(t, log, f.member)
			if left := w.leftovers(); len(left) > 0 {
				t.Error("left:", strings.Join(left, "\n"))
			}
		})
	}
}

func logged(t *testing.T, log, member string) {
	t.Helper()
	raw, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var line struct{ Code, Member, Msg string }
	if err := json.Unmarshal(raw, &line); err != nil || line.Code == "" || line.Member != member {
		t.Errorf("log has %s (%v), need a code and member %s", raw, err, member)
	}
}

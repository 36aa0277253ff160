package testscripts

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/path"
)

// leftovers names everything the scenario made outside plain files: entries of
// the state directory, mounts, cgroups, processes and loop devices.
func (s *scene) leftovers() []string {
	var out []string
	alive := s.alive() // first: the others go with the last process
	for _, id := range s.containers() {
		out = append(out, "container "+id)
	}
	mounts, err := mountsBelow(s.work)
	if err != nil {
		out = append(out, err.Error())
	}
	for _, m := range mounts {
		out = append(out, "mount "+m)
	}
	for _, c := range s.cgroups() {
		out = append(out, "cgroup "+c)
	}
	for pid, cmd := range alive {
		out = append(out, "process "+strconv.Itoa(pid)+" "+cmd)
	}
	for _, l := range s.loops() {
		out = append(out, "loop device "+l)
	}
	slices.Sort(out)
	return out
}

// alive are the processes that nobody has killed: what is dying is waited for,
// since a scenario's own kill -9 ends nothing at once.
func (s *scene) alive() map[int]string {
	out := s.processes()
	for pid := range out {
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			delete(out, pid)
			continue
		}
		if dying(pid) && waitPidfd(fd) {
			delete(out, pid)
		}
		unix.Close(fd)
	}
	return out
}

// dying tells whether a process has a SIGKILL pending or is exiting:
// proc_pid_stat(5), PF_EXITING in the kernel's linux/sched.h.
func dying(pid int) bool {
	dir := "/proc/" + strconv.Itoa(pid)
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return true
	}
	for line := range strings.Lines(string(status)) {
		name, mask, _ := strings.Cut(strings.TrimSpace(line), ":\t")
		if name != "SigPnd" && name != "ShdPnd" {
			continue
		}
		if m, err := strconv.ParseUint(mask, 16, 64); err == nil && m&(1<<(unix.SIGKILL-1)) != 0 {
			return true
		}
	}
	stat, err := os.ReadFile(dir + "/stat")
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	f := bytes.Fields(rest)
	if err != nil || len(f) < 7 {
		return true
	}
	flags, err := strconv.ParseUint(string(f[6]), 10, 64)
	return err == nil && flags&0x4 != 0
}

// containers lists the directories of the state directory; files and names
// with a dot in front are caches and logs.
func (s *scene) containers() []string {
	entries, _ := os.ReadDir(s.state)
	var ids []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			ids = append(ids, e.Name())
		}
	}
	return ids
}

// mountsBelow lists mount points at or below dir in this mount namespace, the
// deepest last.
func mountsBelow(dir string) ([]string, error) {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) < 5 {
			continue
		}
		if p := path.Unmangle(f[4]); p == dir || strings.HasPrefix(p, dir+"/") {
			out = append(out, p)
		}
	}
	return out, nil
}

// hierarchies are the mount points of cgroup filesystems.
func hierarchies() []string {
	data, _ := os.ReadFile("/proc/self/mountinfo")
	var out []string
	for line := range strings.Lines(string(data)) {
		pre, post, ok := strings.Cut(line, " - ")
		if f := strings.Fields(pre); ok && len(f) > 4 && strings.HasPrefix(post, "cgroup") {
			out = append(out, f[4])
		}
	}
	return out
}

// cgroups lists directories named after the scenario, parents first.
func (s *scene) cgroups() []string {
	var out []string
	for _, h := range hierarchies() {
		filepath.WalkDir(h, func(p string, e os.DirEntry, err error) error {
			if err == nil && e.IsDir() && strings.Contains(strings.TrimPrefix(p, h), s.id) {
				out = append(out, p)
			}
			return nil
		})
	}
	return out
}

// processes finds what the scenario started: its environment or command line
// names the work directory, its root is mounted from there, or its cgroup is
// named after the scenario.
func (s *scene) processes() map[int]string {
	out := map[int]string{}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		if stat, _ := os.ReadFile(dir + "/stat"); bytes.Contains(stat, []byte(") Z ")) {
			continue // dead, and somebody else's to reap
		}
		cmd, _ := os.ReadFile(dir + "/cmdline")
		env, _ := os.ReadFile(dir + "/environ")
		cgroup, _ := os.ReadFile(dir + "/cgroup")
		if s.named(cmd) || s.named(env) ||
			bytes.Contains(cgroup, []byte(s.id)) || s.rooted(dir) {
			out[pid] = string(bytes.TrimSpace(bytes.ReplaceAll(cmd, []byte{0}, []byte{' '})))
		}
	}
	return out
}

// named tells whether a text has the work directory in it, and not only that of
// a scenario whose name begins alike.
func (s *scene) named(text []byte) bool {
	for {
		_, rest, found := bytes.Cut(text, []byte(s.work))
		if !found {
			return false
		}
		if len(rest) == 0 || !wordy(rest[0]) {
			return true
		}
		text = rest
	}
}

func wordy(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func (s *scene) rooted(proc string) bool {
	data, _ := os.ReadFile(proc + "/mountinfo")
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 4 && f[4] == "/" && s.named([]byte(line)) {
			return true
		}
	}
	return false
}

// loops lists loop devices backed by a file of the scenario.
func (s *scene) loops() []string {
	files, _ := filepath.Glob("/sys/block/loop*/loop/backing_file")
	var out []string
	for _, f := range files {
		data, _ := os.ReadFile(f)
		if s.named(data) {
			out = append(out, "/dev/"+strings.Split(f, "/")[3])
		}
	}
	return out
}

// clean removes all of it, processes first, since they hold the rest.
func (s *scene) clean() {
	for pid := range s.processes() {
		if fd, err := unix.PidfdOpen(pid, 0); err == nil {
			unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
			waitPidfd(fd)
			unix.Close(fd)
		}
	}
	mounts, _ := mountsBelow(s.work)
	for _, m := range slices.Backward(mounts) {
		unix.Unmount(m, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	}
	for _, l := range s.loops() {
		if fd, err := unix.Open(l, unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
			unix.IoctlSetInt(fd, unix.LOOP_CLR_FD, 0)
			unix.Close(fd)
		}
	}
	s.removeCgroups()
}

package testscripts

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/path"
)

// leftovers names everything the scenario made outside plain files: entries of
// the state directory, mounts, cgroups, processes and loop devices. A process
// that ends within its grace is none: a kill ends nothing at once, and a monitor
// whose container is gone is on its way out for a moment.
func (s *scene) leftovers(grace time.Duration) []string {
	var out []string
	alive := s.alive(grace) // first: the others go with the last process
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
	for _, l := range s.loopsAfter(grace) {
		out = append(out, "loop device "+l)
	}
	slices.Sort(out)
	return out
}

// loopsAfter are the loop devices that stay. Another scenario's mount namespace
// may hold one that nobody of this scenario has any more.
func (s *scene) loopsAfter(grace time.Duration) []string {
	for end := time.Now().Add(3 * grace); ; time.Sleep(20 * time.Millisecond) {
		if l := s.loops(); len(l) == 0 || time.Now().After(end) {
			return l
		}
	}
}

// ending is how long what is on its way out may take on a busy machine.
const ending = 20 * time.Second

// alive are the processes that are there when the grace is over.
func (s *scene) alive(grace time.Duration) map[int]string {
	end := time.Now().Add(grace)
	for {
		out := s.processes()
		if len(out) == 0 || time.Now().After(end) {
			return out
		}
		for pid := range out {
			if fd, err := unix.PidfdOpen(pid, 0); err == nil {
				waitPidfd(fd, time.Until(end))
				unix.Close(fd)
			}
		}
	}
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
	for range 3 { // one may start another before its turn comes
		for pid := range s.processes() {
			unix.Kill(pid, unix.SIGKILL)
		}
		if len(s.alive(5*time.Second)) == 0 { // not for ever: it may be frozen
			break
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

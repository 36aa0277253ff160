package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A contestant dumps and restores in its own way.
type contestant struct {
	name, dir     string
	start         func(id string) error
	pid           func(id string) (int, error)
	dump, restore func(id, images string, pid int) error
	where         func(id, images string) (string, error) // CRIU's images
	remove        func(id string) error
}

func contestants(dir, criu string, args []string) ([]*contestant, error) {
	var list []*contestant
	for _, a := range args {
		name, path, ok := strings.Cut(a, "=")
		if !ok {
			return nil, fmt.Errorf("%s: need NAME=PATH", a)
		}
		switch name {
		case "gt":
			list = append(list, gt(dir, path), bare(dir, criu, filepath.Join(path, "gt-oci")))
		case "runc":
			list = append(list, runc(dir, path))
		case "podman":
			list = append(list, podman(dir, path))
		default:
			return nil, fmt.Errorf("%s: need gt, runc or podman", name)
		}
	}
	if len(list) < 2 || list[0].name != "gt" {
		return nil, fmt.Errorf("need gt=DIR first")
	}
	return list, nil
}

// id is the container's: two runs may go on beside each other.
func (c *contestant) id() string { return fmt.Sprintf("frost-%s-%d", c.name, os.Getpid()) }

func (c *contestant) bundle() string { return filepath.Join(c.dir, "hold") }

// program is what the bundle runs.
func (c *contestant) program() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(c.bundle(), "config.json"))
	if err != nil {
		return nil, err
	}
	var config struct{ Process struct{ Args []string } }
	return config.Process.Args, json.Unmarshal(text, &config)
}

// oci is a contestant whose containers are those of an OCI runtime.
func oci(name, dir, runtime string) *contestant {
	root := filepath.Join(dir, "state-"+name)
	c := &contestant{name: name, dir: dir}
	c.start = func(id string) error {
		return call(nil, runtime, "--root", root, "run", "--detach", "--bundle", c.bundle(), id)
	}
	c.pid = func(id string) (int, error) {
		text, err := exec.Command(runtime, "--root", root, "state", id).Output()
		if err != nil {
			return 0, err
		}
		var state struct{ Pid int }
		return state.Pid, json.Unmarshal(text, &state)
	}
	c.where = func(_, images string) (string, error) { return images, nil }
	c.remove = func(id string) error { return run(runtime, "--root", root, "delete", "--force", id) }
	return c
}

// gt is gt-ckpt with its store.
func gt(dir, bin string) *contestant {
	c := oci("gt", dir, filepath.Join(bin, "gt-oci"))
	ckpt := func(images string, args ...string) error {
		return run(filepath.Join(bin, "gt-ckpt"), append([]string{"--root", filepath.Join(dir, "state-gt"), "--store", images}, args...)...)
	}
	c.dump = func(id, images string, _ int) error { return ckpt(images, "dump", id) }
	c.restore = func(id, images string, _ int) error { return ckpt(images, "restore", "--detach", id) }
	return c
}

func runc(dir, path string) *contestant {
	c := oci("runc", dir, path)
	do := func(verb, images string, args ...string) error {
		return run(path, append([]string{"--root", filepath.Join(dir, "state-runc"), verb, "--image-path", images, "--work-path", images}, args...)...)
	}
	c.dump = func(id, images string, _ int) error { return do("checkpoint", images, id) }
	c.restore = func(id, images string, _ int) error {
		return do("restore", images, "--detach", "--bundle", c.bundle(), id)
	}
	return c
}

// bare is CRIU's own command line for a container of gt-oci: every mount of the
// host is named to it, and its root is a mount already.
func bare(dir, criu, runtime string) *contestant {
	c := oci("criu", dir, runtime)
	var mounts []string
	common := []string{"--manage-cgroups=ignore", "--root", filepath.Join(c.bundle(), "rootfs"), "-v4", "-o"}
	c.dump = func(_, images string, pid int) error {
		points, err := foreign(pid)
		if err != nil {
			return err
		}
		null, err := outside(pid)
		if err != nil {
			return err
		}
		mounts = []string{"--inherit-fd", "fd[0]:" + null}
		args := append([]string{"dump", "--tree", strconv.Itoa(pid), "--images-dir", images}, append(common, "dump.log", "--external", null)...)
		for point, source := range points {
			args = append(args, "--external", "mnt["+point+"]:"+point)
			mounts = append(mounts, "--external", "mnt["+point+"]:"+source)
		}
		return run(criu, args...)
	}
	c.restore = func(_, images string, _ int) error {
		args := append([]string{"restore", "--restore-detached", "--images-dir", images, "--pidfile", images + "/pid"}, append(common, "restore.log")...)
		return run(criu, append(args, mounts...)...)
	}
	return c
}

// outside is CRIU's name of the /dev/null that a process has as stdin.
func outside(pid int) (string, error) {
	dir := "/proc/" + strconv.Itoa(pid)
	var st unix.Stat_t
	if err := unix.Stat(dir+"/fd/0", &st); err != nil {
		return "", err
	}
	info, err := os.ReadFile(dir + "/fdinfo/0")
	if err != nil {
		return "", err
	}
	_, id, _ := strings.Cut(string(info), "mnt_id:")
	id, _, _ = strings.Cut(id, "\n")
	mount, err := strconv.Atoi(strings.TrimSpace(id))
	return fmt.Sprintf("file[%x:%x]", mount, st.Ino), err
}

// foreign are the binds of a container and what stands there on the host.
func foreign(pid int) (map[string]string, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/mountinfo")
	if err != nil {
		return nil, err
	}
	at := map[string]string{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 7 || f[4] == "/" {
			continue
		}
		_, back, _ := strings.Cut(line, " - ")
		switch strings.Fields(back)[0] {
		case "cgroup", "cgroup2":
			at[f[4]] = strings.TrimSuffix(filepath.Join(hierarchy(f[4]), f[3]), "/")
		case "devtmpfs":
			at[f[4]] = "/dev" + f[3]
		}
	}
	return at, nil
}

func hierarchy(point string) string {
	if _, err := os.Stat(point); err == nil {
		return point
	}
	return "/sys/fs/cgroup"
}

// once is a container's life with a checkpoint in it.
func (c *contestant) once(mb int) (sample, error) {
	var s sample
	id := c.id()
	images, err := os.MkdirTemp(c.dir, "images-")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(images)
	defer c.remove(id) //nolint:errcheck // gone by then, if all went well
	pid, err := c.begin(id, mb)
	if err != nil {
		return s, err
	}
	if s.dump, err = timed(func() error { return c.dump(id, images, pid) }); err != nil {
		return s, complaint(err, images+"/dump.log")
	}
	// Ours if its parent ended. A monitor may have more to do.
	for err = error(nil); err != unix.ECHILD; {
		_, err = unix.Wait4(-1, nil, 0, nil)
	}
	at, err := c.where(id, images)
	if err != nil {
		return s, err
	}
	if s.frozen, s.size, err = weigh(at); err != nil {
		return s, err
	}
	if s.restore, err = timed(func() error { return c.restore(id, images, pid) }); err != nil {
		return s, complaint(err, images+"/restore.log")
	}
	return s, c.end(id, images)
}

// begin starts the container and waits until its memory is dirty.
func (c *contestant) begin(id string, mb int) (int, error) {
	root := filepath.Join(c.bundle(), "rootfs")
	// Read and write: opening waits for nobody.
	f, err := os.OpenFile(filepath.Join(root, "ready"), os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := os.WriteFile(filepath.Join(root, "mb"), []byte(strconv.Itoa(mb)), 0o644); err != nil {
		return 0, err
	}
	if err := c.start(id); err != nil {
		return 0, err
	}
	if _, err := f.Read(make([]byte, 1)); err != nil {
		return 0, err
	}
	return c.pid(id)
}

// end kills what was restored; criu alone has told its PID in a file.
func (c *contestant) end(id, images string) error {
	if text, err := os.ReadFile(images + "/pid"); err == nil {
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return err
		}
		if err := unix.Kill(pid, unix.SIGKILL); err != nil {
			return err
		}
		if _, err := unix.Wait4(pid, nil, 0, nil); err != nil {
			return err
		}
	}
	err := c.remove(id)
	for {
		// What it left to us.
		if _, werr := unix.Wait4(-1, nil, unix.WNOHANG, nil); werr != nil {
			return err
		}
	}
}

// complaint adds what CRIU's log complains about, if there is one.
func complaint(err error, log string) error {
	text, rerr := os.ReadFile(log)
	if rerr != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "Error (") {
			err = fmt.Errorf("%w; %s", err, strings.TrimSpace(line))
		}
	}
	return err
}

func timed(do func() error) (time.Duration, error) {
	begin := time.Now()
	err := do()
	return time.Since(begin), err
}

// run starts a program and tells what it said if it fails.
func run(path string, args ...string) error {
	errs, err := os.CreateTemp("", "frost")
	if err != nil {
		return err
	}
	defer os.Remove(errs.Name())
	defer errs.Close()
	if err = call(errs, path, args...); err != nil {
		text, _ := os.ReadFile(errs.Name())
		err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(text))
	}
	return err
}

// call is run for what leaves a container behind, which keeps the descriptors:
// errs may be nil.
func call(errs *os.File, path string, args ...string) error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	if errs == nil {
		errs = null
	}
	p, err := os.StartProcess(path, append([]string{path}, args...), &os.ProcAttr{Env: os.Environ(), Files: []*os.File{null, null, errs}})
	if err != nil {
		return err
	}
	st, err := p.Wait()
	if err == nil && !st.Success() {
		err = fmt.Errorf("%s %v: %v", filepath.Base(path), args, st)
	}
	return err
}

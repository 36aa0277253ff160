package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
)

// podman is Podman over runc, with a configuration and storage of its own that
// scripts/bench-ckpt.sh has made; of two runs beside each other each has its
// containers below a group of its own. --keep spares it to remove the images.
func podman(dir, path string) *contestant {
	c := &contestant{name: "podman", dir: dir}
	data := filepath.Join(dir, "podman")
	global := []string{"--root", data + "/d", "--runroot", data + "/r", "--tmpdir", data + "/t", "--storage-driver", "overlay"}
	do := func(args ...string) error { return run(path, append(global[:len(global):len(global)], args...)...) }
	inspect := func(id string) (pid int, directory string, err error) {
		text, err := exec.Command(path, append(global[:len(global):len(global)], "inspect", id)...).Output()
		if err != nil {
			return 0, "", err
		}
		var found []struct {
			ID    string `json:"Id"`
			State struct{ Pid int }
		}
		if err := json.Unmarshal(text, &found); err != nil || len(found) != 1 {
			return 0, "", fmt.Errorf("podman inspect: have %d containers, need 1: %w", len(found), err)
		}
		return found[0].State.Pid, filepath.Join(data, "d/overlay-containers", found[0].ID, "userdata"), nil
	}
	c.start = func(id string) error {
		args, err := c.program()
		if err != nil {
			return err
		}
		return do(append([]string{
			"run", "--detach", "--name", id, "--network", "none", "--cgroup-parent", filepath.Base(filepath.Dir(dir)),
			"--security-opt", "seccomp=unconfined", "--rootfs", filepath.Join(c.bundle(), "rootfs"),
		}, args...)...)
	}
	c.pid = func(id string) (int, error) {
		pid, _, err := inspect(id)
		return pid, err
	}
	c.dump = func(id, _ string, _ int) error { return do("container", "checkpoint", "--keep", id) }
	c.restore = func(id, _ string, _ int) error { return do("container", "restore", "--keep", id) }
	c.where = func(id, _ string) (string, error) {
		_, directory, err := inspect(id)
		return directory, err
	}
	c.remove = func(id string) error { return do("rm", "--force", "--time", "0", "--ignore", id) }
	return c
}

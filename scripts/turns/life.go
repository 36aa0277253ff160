package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A sample is the wall time of one call.
type sample struct {
	phase string
	took  time.Duration
}

// call runs the runtime once and times it from before the fork to the wait.
func (r runtime) call(args ...string) (time.Duration, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	// A file, not a pipe: a container's init keeps what it inherits open.
	errs, err := os.CreateTemp("", "turns")
	if err != nil {
		return 0, err
	}
	defer os.Remove(errs.Name())
	defer errs.Close()

	argv := append([]string{r.path, "--root", r.root}, args...)
	attr := &os.ProcAttr{Env: os.Environ(), Files: []*os.File{null, null, errs}}
	begin := time.Now()
	p, err := os.StartProcess(r.path, argv, attr)
	if err != nil {
		return 0, err
	}
	st, err := p.Wait()
	took := time.Since(begin)
	if err == nil && !st.Success() {
		text, _ := os.ReadFile(errs.Name())
		err = fmt.Errorf("%s %v: %v: %s", r.name, args, st, bytes.TrimSpace(text))
	}
	return took, err
}

func (r runtime) run(phase, bundle string) ([]sample, error) {
	took, err := r.call("run", "--bundle", bundle, "turns-"+r.name)
	return []sample{{phase, took}}, err
}

// life times each verb of one container's life.
func (r runtime) life(bundle string) ([]sample, error) {
	id := "turns-" + r.name
	pidFile := filepath.Join(r.root, "..", "pid-"+r.name)
	var out []sample
	step := func(phase string, args ...string) error {
		took, err := r.call(args...)
		out = append(out, sample{phase, took})
		return err
	}
	if err := step("create", "create", "--bundle", bundle, "--pid-file", pidFile, id); err != nil {
		return nil, err
	}
	pid, err := readPid(pidFile)
	if err != nil {
		return nil, err
	}
	for _, s := range [][]string{
		{"start", "start", id},
		{"state", "state", id},
		{"exec /bin/true", "exec", id, "/bin/true"},
		{"kill", "kill", id, "KILL"},
	} {
		if err := step(s[0], s[1:]...); err != nil {
			return nil, err
		}
	}
	if err := reap(pid); err != nil {
		return nil, fmt.Errorf("%s: wait for init %d: %w", r.name, pid, err)
	}
	return out, step("delete", "delete", id)
}

// reap waits for the end of an orphan that came to us.
func reap(pid int) error {
	for {
		if _, err := unix.Wait4(pid, nil, 0, nil); err != unix.EINTR {
			return err
		}
	}
}

// crowd times n births at once, from the first fork to the last exit.
func (r runtime) crowd(phase, bundle string, n int) ([]sample, error) {
	errs := make([]error, n)
	var all sync.WaitGroup
	begin := time.Now()
	for i := range n {
		all.Go(func() {
			_, errs[i] = r.call("run", "--bundle", bundle, fmt.Sprintf("turns-%s-%d", r.name, i))
		})
	}
	all.Wait()
	took := time.Since(begin)
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return []sample{{phase, took}}, nil
}

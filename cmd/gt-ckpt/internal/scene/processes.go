package scene

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Process is one of a container, by its PID on the host.
type Process struct {
	Pid, Parent int
	Name        string
}

// Read reads what stands in a process's stat (proc_pid_stat(5)).
func Read(pid int) (Process, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return Process{}, err
	}
	text := string(b)
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	p := Process{Pid: pid}
	if open < 0 || end < open {
		return p, nil
	}
	p.Name = text[open+1 : end]
	if f := strings.Fields(text[end+1:]); len(f) > 1 {
		p.Parent, err = strconv.Atoi(f[1])
	}
	return p, err
}

// Strangers are processes of a container's group that do not descend from its
// first process: those of exec. CRIU dumps a tree; they would be left behind.
func Strangers(root int, pids []int) []Process {
	byPid := map[int]Process{}
	for _, pid := range pids {
		if p, err := Read(pid); err == nil { // else it ended meanwhile
			byPid[pid] = p
		}
	}
	var list []Process
	for _, p := range byPid {
		at := p
		for at.Pid != root {
			next, ok := byPid[at.Parent]
			if !ok {
				if stranger(p.Pid, root) {
					list = append(list, p)
				}
				break
			}
			at = next
		}
	}
	slices.SortFunc(list, func(a, b Process) int { return a.Pid - b.Pid })
	return list
}

// stranger looks again at one whose parent is not of the group: it may have ended
// meanwhile, and the child have another one.
func stranger(pid, root int) bool {
	for range 20 {
		if Descends(pid, root) {
			return false
		}
		if _, err := Read(pid); err != nil {
			return false // it has ended
		}
	}
	return true
}

// Descends tells whether a process is another one or comes from it.
func Descends(pid, from int) bool {
	for pid > 1 {
		if pid == from {
			return true
		}
		p, err := Read(pid)
		if err != nil {
			return false
		}
		pid = p.Parent
	}
	return false
}

// Children are the processes that this one has to reap, whichever thread they
// belong to (proc_tid_children(5); CRIU needs that file too).
func Children() ([]int, error) {
	files, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		return nil, err
	}
	var list []int
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // a thread that ended: another one has its children
		}
		for _, word := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(word)
			if err != nil {
				return nil, err
			}
			list = append(list, pid)
		}
	}
	return list, nil
}

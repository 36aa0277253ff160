package cgroup

import (
	"errors"
	"strings"
)

// An Undo holds what the files of a group said before an update, which is done
// as a whole or not at all. nil keeps nothing.
type Undo struct{ list []was }

// was is a file and the words that make it what it was.
type was struct{ dir, file, value string }

// keep notes what is about to be written, and returns a func that forgets it, for
// a write that was refused. A file that cannot be read keeps no limit.
func (u *Undo) keep(dir string, s setting) (forget func()) {
	if u == nil {
		return func() {}
	}
	files := []string{s.file}
	if other := renamed(s.file); other != "" {
		files = append(files, other)
	}
	if s.file == "cpu.idle" { // takes the weight with it
		files = []string{"cpu.shares", "cpu.weight", s.file}
	}
	before := len(u.list)
	for _, file := range files {
		text, err := read(dir, file)
		if err == nil && text == "" && s.controller == "cpuset" {
			// That of the group above: a set with processes is never empty again.
			text, err = read(dir, file+".effective")
		}
		if err == nil {
			u.list = append(u.list, was{dir, file, former(s, text)})
		}
	}
	return func() { u.list = u.list[:before] }
}

// Back writes it all, the last one first. What has to fit another limit at every
// moment is tried again once that one is back.
func (u *Undo) Back() error {
	if u == nil {
		return nil
	}
	list := u.list
	for {
		var left []was
		var first error
		for i := len(list) - 1; i >= 0; i-- {
			if err := list[i].back(); err != nil {
				left = append([]was{list[i]}, left...)
				first = errors.Join(err, first)
			}
		}
		if len(left) == 0 || len(left) == len(list) {
			return first
		}
		list = left
	}
}

func (w *was) back() error {
	if now, err := read(w.dir, w.file); err == nil && now == w.value {
		return nil
	}
	return write(w.dir, w.file, w.value+"\n") // no byte at all would be no write
}

// former is what to write for a setting to be as it is in text now: all of a
// file with one value, the line of a device in one that lists them.
func former(s setting, text string) string {
	if s.file == "memory.oom_control" { // its other lines only tell
		first, _, _ := strings.Cut(text, "\n")
		return strings.TrimPrefix(first, "oom_kill_disable ")
	}
	none, lists := unset[s.file]
	if !lists {
		return text
	}
	key, _, keyed := strings.Cut(s.value, " ")
	if !keyed { // for all devices that have no line
		key = "default"
	}
	for line := range strings.Lines(text) {
		if name, rest, _ := strings.Cut(strings.TrimSpace(line), " "); name == key {
			return key + " " + rest
		}
	}
	if !keyed {
		return text
	}
	return key + " " + none
}

// unset are the files that list devices, and what means no limit for one.
var unset = map[string]string{
	"io.max":                           "rbps=max wbps=max riops=max wiops=max",
	"io.weight":                        "default",
	"blkio.weight_device":              "default",
	"blkio.leaf_weight_device":         "0",
	"blkio.throttle.read_bps_device":   "0",
	"blkio.throttle.write_bps_device":  "0",
	"blkio.throttle.read_iops_device":  "0",
	"blkio.throttle.write_iops_device": "0",
	"rdma.max":                         "hca_handle=max hca_object=max",
	"net_prio.ifpriomap":               "0",
}

package main

import (
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// usage prints lines of runc's shape: {"type":"stats","id":…,"data":{…}}, once,
// or each interval until the container has ended, and {"type":"oom"} whenever
// its memory has run out.
func usage(c *tool.Call, interval time.Duration) error {
	if len(c.Args) == 0 {
		return fail.Usage("--stats: have no ID, need one")
	}
	if interval < 0 {
		return fail.Usage("--interval: have %s, need more than 0", interval)
	}
	rt, err := runtime(c)
	if err != nil {
		return err
	}
	ct, err := rt.Open(c.Args[0])
	if err != nil {
		return err
	}
	if ct.Status == state.Stopped {
		return fail.New(fail.CodeStatus, "container not running: is stopped, need running")
	}
	if interval == 0 {
		return c.Print(statsLine(ct))
	}
	return stream(c, ct, interval)
}

func stream(c *tool.Call, ct *container.Container, interval time.Duration) error {
	oom, err := ct.Group.WatchOOM()
	if err != nil {
		return err
	}
	defer oom.Close()
	alive, err := ct.Pidfd()
	if err != nil && err != unix.ESRCH {
		return err
	}
	if err == unix.ESRCH {
		return nil
	}
	defer unix.Close(alive)
	for next := time.Now(); ; {
		if wait := time.Until(next); wait <= 0 {
			if err := c.Print(statsLine(ct)); err != nil {
				return err
			}
			next = next.Add(interval)
			if time.Until(next) < 0 {
				next = time.Now().Add(interval) // the machine was asleep
			}
		}
		fds := []unix.PollFd{
			{Fd: int32(oom.FD()), Events: unix.POLLIN}, {Fd: int32(alive), Events: unix.POLLIN}, {Fd: int32(c.Stdout.Fd())},
		}
		left := max(0, time.Until(next)+time.Millisecond-1)
		if err := sys.Poll(fds, int(min(left, time.Hour)/time.Millisecond)); err != nil || fds[2].Revents != 0 {
			return err
		}
		if fds[0].Revents != 0 {
			if err := printOOM(c, ct.ID, oom); err != nil {
				return err
			}
		}
		if fds[1].Revents != 0 {
			return nil
		}
	}
}

func printOOM(c *tool.Call, id string, oom *cgroup.OOM) error {
	n, err := oom.Happened()
	if err != nil || n == 0 {
		return err
	}
	var w json.Writer
	w.Value(map[string]any{"type": "oom", "id": id})
	w.Line()
	return c.Print(w.Bytes())
}

func statsLine(ct *container.Container) []byte {
	data := map[string]any(ct.Group.Stats())
	if list := interfaces(ct.State.Pid); len(list) > 0 {
		data["network_interfaces"] = list
	}
	var w json.Writer
	w.Value(map[string]any{"type": "stats", "id": ct.ID, "data": data})
	w.Line()
	return w.Bytes()
}

// interfaces are those of a network namespace that is not this one, as the
// container sees them (proc_pid_net(5), "dev").
func interfaces(pid int) []any {
	dir := "/proc/" + strconv.Itoa(pid)
	theirs, err := os.Readlink(dir + "/ns/net")
	ours, err2 := os.Readlink("/proc/self/ns/net")
	if err != nil || err2 != nil || theirs == ours {
		return nil
	}
	text, err := os.ReadFile(dir + "/net/dev")
	if err != nil {
		return nil
	}
	var list []any
	for line := range strings.Lines(string(text)) {
		name, rest, found := strings.Cut(line, ":")
		words := strings.Fields(rest)
		if !found || len(words) < 16 {
			continue
		}
		m := map[string]any{"Name": strings.TrimSpace(name)}
		for i, member := range []string{"RxBytes", "RxPackets", "RxErrors", "RxDropped"} {
			received, err := strconv.ParseUint(words[i], 10, 64)
			sent, err2 := strconv.ParseUint(words[8+i], 10, 64)
			if err == nil && err2 == nil {
				m[member], m["T"+member[1:]] = received, sent
			}
		}
		list = append(list, m)
	}
	return list
}

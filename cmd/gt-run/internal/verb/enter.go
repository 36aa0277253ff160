package verb

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/account"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/config"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/environ"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/roster"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// entering are the options of exec.
type entering struct {
	interactive, tty, detach, privileged bool
	env, envFile                         []string
	user, workdir                        string
}

func execute(o *tool.Options) func(*tool.Call) error {
	e := &entering{}
	o.Bool(&e.interactive, "interactive", 'i', "pass stdin on")
	o.Bool(&e.tty, "tty", 't', "give the command a terminal")
	o.Bool(&e.detach, "detach", 'd', "do not wait for the end")
	o.Bool(&e.privileged, "privileged", 0, "with all capabilities that the caller has")
	o.Strings(&e.env, "env", 'e', "NAME[=VALUE]", "set a variable, or copy one")
	o.Strings(&e.envFile, "env-file", 0, "FILE", "set the variables of a file")
	o.String(&e.user, "user", 'u', "USER[:GROUP]", "run as this user, by number or name")
	o.String(&e.workdir, "workdir", 'w', "DIR", "start in this directory")
	return func(c *tool.Call) error {
		ct, err := find(c, c.Args[0])
		if err != nil {
			return err
		}
		if !ct.Live() {
			return fail.New(fail.CodeStatus, "container %s is %s, need running", ct.ID, ct.Status)
		}
		args, err := e.args(ct)
		if err != nil {
			return err
		}
		if !e.interactive {
			if err := nullStdin(); err != nil {
				return err
			}
		}
		command := c.Args[1:]
		if command[0] == "--" {
			command = command[1:]
		}
		args = append(append(args, ct.ID), command...)
		return become(c, "gt-oci", append([]string{"exec", "--docker-codes"}, args...)...)
	}
}

// needLive refuses a container that has ended and is not about to start again.
func needLive(c *tool.Call, id string) error {
	ct, err := find(c, id)
	if err == nil && !ct.Live() && !coming(ct) {
		err = fail.New(fail.CodeStatus, "container %s is %s, need running", ct.ID, ct.Status)
	}
	return err
}

// args are those of gt-oci exec, which takes numbers only.
func (e *entering) args(ct *roster.Container) (args []string, err error) {
	if e.tty {
		args = append(args, "--tty")
	}
	if e.detach {
		args = append(args, "--detach")
	}
	if e.workdir != "" {
		args = append(args, "--cwd", e.workdir)
	}
	env, err := environ.Collect(e.envFile, e.env, os.Environ())
	if err != nil {
		return nil, err
	}
	for _, v := range env {
		args = append(args, "--env", v)
	}
	if e.privileged {
		list, err := config.Own()
		if err != nil {
			return nil, err
		}
		for _, name := range list {
			args = append(args, "--cap", name)
		}
	}
	if e.user == "" {
		return args, nil
	}
	asked, err := account.Parse(e.user)
	if err != nil {
		return nil, fail.Usage("--user: %w", err)
	}
	// The root as the container has it now, not as its bundle had it.
	found, err := asked.Find("/proc/" + itoa(ct.State.Pid) + "/root")
	if err != nil {
		return nil, err
	}
	args = append(args, "--user", strconv.FormatUint(uint64(found.UID), 10)+":"+strconv.FormatUint(uint64(found.GID), 10))
	for _, g := range found.Groups {
		args = append(args, "--additional-gids", strconv.FormatUint(uint64(g), 10))
	}
	if found.Home != "" {
		args = append(args, "--env", "HOME="+found.Home)
	}
	return args, nil
}

// nullStdin puts /dev/null in place of stdin.
func nullStdin() error {
	fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Dup3(fd, 0, 0)
}

func attach(o *tool.Options) func(*tool.Call) error {
	noStdin := false
	o.Bool(&noStdin, "no-stdin", 0, "pass nothing on")
	return func(c *tool.Call) error {
		if err := needLive(c, c.Args[0]); err != nil {
			return err
		}
		args := []string{"attach", c.Args[0]}
		if noStdin {
			args = append(args, "--no-stdin")
		}
		return become(c, "gt-mon", args...)
	}
}

func showLogs(o *tool.Options) func(*tool.Call) error {
	var follow, stamps bool
	values := map[string]*string{}
	o.Bool(&follow, "follow", 'f', "go on until the container has ended")
	o.Bool(&stamps, "timestamps", 't', "begin each line with its time")
	for _, v := range []struct {
		name  string
		short byte
		help  string
	}{{"tail", 'n', "the last lines only, or all"}, {"since", 0, "from a moment on: RFC 3339, seconds since 1970, or 10m"}, {"until", 0, "up to a moment"}, {"stream", 0, "all, stdout or stderr"}} {
		values[v.name] = new(string)
		o.String(values[v.name], v.name, v.short, strings.ToUpper(v.name), v.help)
	}
	return func(c *tool.Call) error {
		ct, err := find(c, c.Args[0])
		if err != nil {
			return err
		}
		args := []string{"logs"}
		if follow {
			args = append(args, "--follow")
		}
		if stamps {
			args = append(args, "--timestamps")
		}
		for name, v := range values {
			if name == "tail" && *v == "all" {
				continue // as docker has it
			}
			if *v != "" {
				args = append(args, "--"+name, *v)
			}
		}
		if ct.State == nil {
			return become(c, "gt-mon", append(args, "--data", ct.Bundle+"/mon")...)
		}
		return become(c, "gt-mon", append(args, ct.ID)...)
	}
}

func stats(o *tool.Options) func(*tool.Call) error {
	stream, once, interval := false, false, "1s"
	o.Format("table", "json", "openmetrics")
	o.Bool(&stream, "stream", 0, "print again and again")
	o.Bool(&once, "no-stream", 0, "print once, as without --stream")
	o.String(&interval, "interval", 0, "TIME", "how often")
	return func(c *tool.Call) error {
		if stream && once {
			return fail.Usage("--stream and --no-stream are both there, need one")
		}
		args := []string{"stats", "--format", c.Format}
		if stream {
			args = append(args, "--interval", interval)
		}
		return become(c, "gt-mon", append(args, c.Args...)...)
	}
}

func top(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		if err := needLive(c, c.Args[0]); err != nil {
			return err
		}
		return become(c, "gt-oci", append([]string{"ps"}, c.Args...)...)
	}
}

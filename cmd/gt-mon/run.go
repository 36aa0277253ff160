package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// runOptions are the options of run.
type runOptions struct {
	settings.Settings
	restart, driver, signal string
	logOptions              []string
	foreground              bool
	healthCmd, healthTCP    string
	healthHTTP              string
}

func run(o *tool.Options) func(*tool.Call) error {
	r := &runOptions{restart: "no", driver: "json", signal: "TERM"}
	r.Bundle, r.StopTimeout = ".", 10*time.Second
	r.Health = settings.Health{Interval: 30 * time.Second, Timeout: 30 * time.Second, Retries: 3}
	o.String(&r.Bundle, "bundle", 'b', "DIR", "the bundle")
	o.String(&r.Data, "data", 0, "DIR", "where log, exit record and socket are kept (BUNDLE/mon)")
	o.String(&r.restart, "restart", 0, "POLICY", "no, on-failure[:N], always or unless-stopped")
	o.String(&r.driver, "log-driver", 0, "DRIVER", strings.Join(settings.Drivers, " "))
	o.Strings(&r.logOptions, "log-opt", 0, "NAME=VALUE", "max-size, max-file; tag of journald")
	o.String(&r.signal, "stop-signal", 0, "SIGNAL", "what asks the container to end")
	o.Duration(&r.StopTimeout, "stop-timeout", 0, "TIME", "after that it is killed")
	o.String(&r.healthCmd, "health-cmd", 0, "COMMAND", "check: /bin/sh -c COMMAND in the container succeeds")
	o.String(&r.healthTCP, "health-tcp", 0, "PORT", "check: the port answers, seen from inside")
	o.String(&r.healthHTTP, "health-http", 0, "PORT/PATH", "check: the page answers 2xx or 3xx, seen from inside")
	o.Duration(&r.Health.Interval, "health-interval", 0, "TIME", "between checks")
	o.Duration(&r.Health.Timeout, "health-timeout", 0, "TIME", "of one check")
	o.Duration(&r.Health.Start, "health-start-period", 0, "TIME", "failures before do not count")
	o.Int(&r.Health.Retries, "health-retries", 0, "N", "failures in a row that make it unhealthy")
	o.Bool(&r.Health.Restart, "health-restart", 0, "end an unhealthy container, for its policy to start it again")
	o.Strings(&r.Watch, "watch", 0, "METRIC>VALUE:ACTION", "act when a limit is passed (see the manual)")
	o.Bool(&r.Remove, "rm", 0, "remove the container when it has ended for good")
	o.Bool(&r.Stdin, "stdin", 'i', "keep its stdin open, for attach")
	o.Bool(&r.Terminal, "tty", 't', "it has a terminal, for attach")
	o.String(&r.PidFile, "pid-file", 0, "FILE", "write the container's PID to FILE")
	o.Int(&r.Preserve, "preserve-fds", 0, "N", "pass N descriptors after 2 on; of socket activation without it")
	o.Bool(&r.foreground, "foreground", 0, "stay, as a unit of systemd does (Type=notify)")
	return func(c *tool.Call) error {
		if err := r.settle(c); err != nil {
			return err
		}
		return r.begin(c)
	}
}

// settle checks what can be known before anything is made.
func (r *runOptions) settle(c *tool.Call) (err error) {
	r.ID, r.Root, r.Debug = c.Args[0], c.Root, c.Debug
	if err := state.CheckID(r.ID); err != nil {
		return err
	}
	if r.Bundle, err = filepath.Abs(r.Bundle); err != nil {
		return err
	}
	if r.Data == "" {
		r.Data = r.Bundle + "/mon"
	}
	if r.Data, err = filepath.Abs(r.Data); err != nil {
		return err
	}
	if r.Restart, err = settings.ParseRestart(r.restart); err != nil {
		return err
	}
	if r.Remove && r.Restart.Policy != "no" {
		return fail.Usage("--rm and --restart %s are both there, need one", r.restart)
	}
	if r.Log, err = settings.ParseLog(r.driver, r.logOptions); err != nil {
		return err
	}
	if r.StopSignal, err = signalNumber(r.signal); err != nil {
		return err
	}
	if r.StopTimeout < 0 || r.Health.Interval <= 0 || r.Health.Timeout <= 0 || r.Health.Start < 0 || r.Health.Retries < 1 {
		return fail.Usage("have a time or number of --stop-timeout or --health-… that is negative or 0, need a positive one")
	}
	if r.Preserve < 0 {
		return fail.Usage("--preserve-fds: have %d, need 0 or more", r.Preserve)
	}
	if os.Getenv("LISTEN_PID") == strconv.Itoa(os.Getpid()) && r.Preserve == 0 {
		r.Preserve, err = strconv.Atoi(os.Getenv("LISTEN_FDS"))
		if err != nil || r.Preserve < 0 || r.Preserve > 1000 {
			return fail.Usage("LISTEN_FDS: have %q, need a number", os.Getenv("LISTEN_FDS"))
		}
	}
	return r.health()
}

// health turns the check that was asked for into words.
func (r *runOptions) health() error {
	var tests [][]string
	if r.healthCmd != "" {
		tests = append(tests, []string{"CMD", "/bin/sh", "-c", r.healthCmd})
	}
	if r.healthTCP != "" {
		tests = append(tests, []string{"tcp", r.healthTCP})
	}
	if r.healthHTTP != "" {
		port, path, _ := strings.Cut(r.healthHTTP, "/")
		tests = append(tests, []string{"http", port, "/" + path})
	}
	if len(tests) > 1 {
		return fail.Usage("--health-cmd, --health-tcp and --health-http: have %d of them, need one", len(tests))
	}
	if len(tests) == 1 {
		r.Health.Test = tests[0]
		if tests[0][0] != "CMD" {
			if _, err := port(tests[0][1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// signalNumber reads TERM, SIGTERM or 15.
func signalNumber(word string) (int, error) {
	if n := sys.SignalNum(word); n != 0 {
		return int(n), nil
	}
	return 0, fail.Usage("--stop-signal: have %q, need a signal as TERM or 15", word)
}

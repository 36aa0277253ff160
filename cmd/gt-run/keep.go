package main

import (
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// Supervision are the options that gt-mon understands. They need --detach: in
// the foreground the caller is the one who watches.
type Supervision struct {
	Restart           string   `placeholder:"POLICY" help:"no, on-failure[:N], always or unless-stopped."`
	HealthCmd         string   `placeholder:"COMMAND" help:"Check: the command succeeds in the container."`
	HealthTCP         string   `name:"health-tcp" placeholder:"PORT" help:"Check: the port answers."`
	HealthHTTP        string   `name:"health-http" placeholder:"PORT/PATH" help:"Check: the page answers."`
	HealthInterval    string   `placeholder:"TIME" help:"Between checks (30s)."`
	HealthTimeout     string   `placeholder:"TIME" help:"Of one check (30s)."`
	HealthStartPeriod string   `placeholder:"TIME" help:"Failures before do not count."`
	HealthRetries     string   `placeholder:"N" help:"Failures in a row that make it unhealthy (3)."`
	HealthRestart     bool     `help:"End an unhealthy one, for --restart to start it again."`
	NoHealthcheck     bool     `help:"Accepted: images bring no check."`
	StopSignal        string   `placeholder:"SIGNAL" help:"What asks it to end (TERM)."`
	StopTimeout       string   `placeholder:"TIME" help:"After that it is killed (10s)."`
	LogDriver         string   `placeholder:"DRIVER" help:"json, plain, cri, journald or none."`
	LogOpt            []string `sep:"none" placeholder:"NAME=VALUE" help:"max-size, max-file, tag."`
	Watch             []string `sep:"none" placeholder:"METRIC>VALUE:ACTION" help:"Act when a limit is passed, as memory>80%:event (see gt-mon)."`
	Pidfile           string   `name:"pidfile" aliases:"pid-file" placeholder:"FILE" help:"Write the PID there."`
	Cidfile           string   `name:"cidfile" placeholder:"FILE" help:"Write the name there; it must not exist."`
}

// args are gt-mon's.
func (s *Supervision) args() []string {
	var args []string
	for _, o := range []struct{ name, value string }{
		{"restart", s.Restart},
		{"health-cmd", s.HealthCmd},
		{"health-tcp", s.HealthTCP},
		{"health-http", s.HealthHTTP},
		{"health-interval", s.HealthInterval},
		{"health-timeout", s.HealthTimeout},
		{"health-start-period", s.HealthStartPeriod},
		{"health-retries", s.HealthRetries},
		{"stop-signal", s.StopSignal},
		{"stop-timeout", s.StopTimeout},
		{"log-driver", s.LogDriver},
		{"pid-file", s.Pidfile},
	} {
		if o.value != "" {
			args = append(args, "--"+o.name, o.value)
		}
	}
	for _, v := range s.LogOpt {
		args = append(args, "--log-opt", v)
	}
	for _, v := range s.Watch {
		args = append(args, "--watch", v)
	}
	if s.HealthRestart {
		args = append(args, "--health-restart")
	}
	return args
}

// check refuses in the foreground what nobody would do there.
func (s *Supervision) check(detach bool) error {
	if s.StopSignal != "" && sys.SignalNum(s.StopSignal) == 0 {
		return fail.Usage("--stop-signal: have %q, need a signal as TERM or 15", s.StopSignal)
	}
	if s.NoHealthcheck && s.HealthCmd+s.HealthTCP+s.HealthHTTP != "" {
		return fail.Usage("--no-healthcheck and --health-… are both there, need one")
	}
	if s.HealthCmd+s.HealthTCP+s.HealthHTTP == "" {
		for name, given := range map[string]bool{
			"health-interval": s.HealthInterval != "", "health-timeout": s.HealthTimeout != "", "health-retries": s.HealthRetries != "",
			"health-start-period": s.HealthStartPeriod != "", "health-restart": s.HealthRestart,
		} {
			if given {
				return fail.Usage("--%s: have no check, need --health-cmd, --health-tcp or --health-http", name)
			}
		}
	}
	if detach {
		return nil
	}
	alone := *s
	alone.Pidfile, alone.StopSignal, alone.Restart = "", "", strings.TrimPrefix(s.Restart, "no")
	if args := alone.args(); len(args) > 0 {
		return fail.Usage("%s needs --detach: in the foreground nobody keeps a log and starts again", args[0])
	}
	return nil
}

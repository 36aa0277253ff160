// Gt-mon is the parent of a container that runs on its own: it keeps its output,
// writes down how it ended, starts it again, and checks its health.
//
// # Synopsis
//
//	gt-mon run [options] ID
//	gt-mon stop [--timeout TIME] [ID]
//	gt-mon restart [--timeout TIME] [ID]
//	gt-mon status ID
//	gt-mon wait ID
//	gt-mon attach [--no-stdin] ID
//	gt-mon logs [options] [ID]
//	gt-mon stats [--format FORMAT] [--interval TIME] [ID…]
//	gt-mon top [--interval TIME] [--turns N] [ID…]
//	gt-mon account ID
//	gt-mon start [--attach [--no-stdin]] DATA
//	gt-mon update --restart POLICY ID|--data DATA
//	gt-mon adopt [--foreground] [ID]
//	gt-mon boot [DATA…]
//	gt-mon unit ID
//	gt-mon reap [--group] -- COMMAND [ARGUMENT…]
//	gt-mon probe [--pid PID] [--timeout TIME] KIND PORT [PATH]
//	gt-mon serve [--listen ADDRESS]
//
// # Description
//
// run starts a bundle through gt-oci and returns when its program runs; a monitor
// of its own session stays behind, one small process a container. It keeps in
// BUNDLE/mon: container.log (and older ones, .1, .2, …), exit.json, settings.json,
// health.json, monitor.log with what went wrong, and ctl, the socket that the
// other commands speak to. In the state directory it keeps mon.json and a copy of
// exit.json.
//
// exit.json has the code (128 and the signal, as a shell has it), the signal, a
// reason (exited, signaled, oom, stopped, failed, reboot, unknown), OOM kills and
// whether the container's own limit or one above was hit, the peak of memory, the
// CPU time, throttling, pressure, and the times.
//
// A monitor that was killed leaves its container running. adopt takes it over:
// what was written meanwhile is read from the pipe, which holds 64 KiB, and the
// end is known on Linux 6.15 and later. A terminal cannot be taken over: it hangs
// up with its monitor. boot takes over all of the state directory, and starts
// again the data directories that it is given as their policy says.
//
// Restarts wait 0.1 s, then twice as long each time up to a minute, more or less
// a fourth; a run of 10 s begins anew. A container that was stopped by stop is
// not started again, but with always when the machine is.
//
// update gives a container another restart policy, which rules from its next end on, and
// over a start that is being waited for: with no, it is not started again. Of one that has
// ended, the next start has it.
//
// A container that is full of things to say never waits for its log. When the
// log cannot be written, the lines are counted, and the log says how many were
// lost as soon as it can. An attached client that reads too slowly is hung up.
//
// serve prints its URL and answers: /metrics in the OpenMetrics form, with the
// names of cAdvisor, for anybody who reaches it; and to who has the token in the
// URL a page with curves, events and logs. It listens on the loopback, or on a
// unix socket of mode 0600, and needs no token there.
//
// # Options
//
// Of all: --root DIR is the state directory. --log FILE and --log-format are for
// our own errors. --debug says more. --help, --version.
//
// Of run:
//
//	-b, --bundle DIR         the bundle
//	--data DIR               where log, exit record and socket are kept
//	--restart POLICY         no, on-failure[:N], always, unless-stopped
//	--log-driver DRIVER      json (Docker's json-file), plain, cri, journald, none
//	--log-opt NAME=VALUE     max-size, max-file; tag
//	--stop-signal SIGNAL     TERM
//	--stop-timeout TIME      10s
//	--health-cmd COMMAND, --health-tcp PORT, --health-http PORT/PATH
//	--health-interval TIME, --health-timeout TIME, --health-start-period TIME
//	--health-retries N       failures in a row that make a container unhealthy
//	--health-restart         end an unhealthy one; its policy starts it again
//	--watch METRIC>VALUE:ACTION
//	                         METRIC: memory pids files (VALUE may be a percentage of
//	                         the limit), disk, oom, cpu-pressure memory-pressure
//	                         io-pressure (percent of the last 10 s). ACTION: event,
//	                         exec=COMMAND, webhook=http://ADDRESS:PORT/PATH, pause,
//	                         restart, stop. Looked at every 2 s
//	--rm                     remove the container when it has ended for good
//	-i, --stdin, -t, --tty   for attach
//	--pid-file FILE
//	--preserve-fds N         also those of socket activation
//	--foreground             stay; with systemd, READY=1 comes when the container
//	                         runs, or is healthy if it has a check
//
// Of others: --restart POLICY and --data DIR (update), --group (reap: signals go to the command's process group), -t, --timeout TIME (stop, restart: kill it then; probe), -a,
// --attach (start: all output from the first word on, signals are passed on), --no-stdin (attach, start), -f, --follow, --timestamps, -n, --tail N, --since TIME, --until TIME,
// --stream all|stdout|stderr (logs), --format and --interval TIME (stats, top), --turns N (top), --pid
// PID (probe), --listen ADDRESS (serve).
//
// # Examples
//
//	gt-mon run --bundle web --restart on-failure:5 --log-opt max-size=10m --log-opt max-file=3 web
//	gt-mon logs -f web
//	gt-mon stop -t 3s web && gt-mon wait web
//	gt-mon stats --format openmetrics
//
// # Exit status
//
// 0 done, 1 failed or refused, 2 wrong usage or bad input. attach, and start
// with --attach, return the container's own code; start then has gt-run's codes for one that does not start.
package main

import (
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func main() {
	tool.Main(&tool.Program{
		Name:    "gt-mon",
		Summary: "watches containers that run on their own",
		Exit: func(verb string, err error) int {
			code := fail.Details(err).Code
			switch {
			case verb != "reap":
				return fail.Exit(err)
			case code == fail.CodeExec:
				return 126
			case code == fail.CodeExecNoSuch:
				return 127
			}
			return 125
		},
		Verbs: []tool.Verb{
			{Name: "run", Args: "ID", Summary: "run a container with a monitor as its parent", Make: run},
			{Name: "stop", Args: "[ID]", Summary: "ask a container to end, kill it after a time", Make: ending("stop")},
			{Name: "restart", Args: "[ID]", Summary: "stop it and start it again", Make: ending("restart")},
			{Name: "status", Args: "ID", Summary: "print phase, health and the last end as JSON", Make: status},
			{Name: "wait", Args: "ID", Summary: "wait for the last end and print the exit code", Make: wait},
			{Name: "attach", Args: "ID", Summary: "join stdin, stdout and stderr", Make: attach},
			{Name: "logs", Args: "[ID]", Summary: "print what a container wrote", Make: showLogs},
			{Name: "stats", Args: "[ID...]", Summary: "print what containers use", Make: stats},
			{Name: "top", Args: "[ID...]", Summary: "watch what containers use, with curves", Make: top},
			{Name: "account", Args: "ID", Summary: "print what a container used in all, also when it has ended", Make: accountFor},
			{Name: "start", Args: "DATA", Summary: "start a container that has ended, or of which the data is left", Make: startAgain},
			{Name: "update", Args: "[ID]", Summary: "change the restart policy", Make: update},
			{Name: "adopt", Args: "[ID]", Summary: "take over a container whose monitor died", Make: adopt},
			{Name: "boot", Args: "[DATA...]", Summary: "adopt all, and start again what policies say", Make: boot},
			{Name: "unit", Args: "ID", Summary: "print a systemd unit that runs a container", Make: unit},
			{Name: "revive", Args: "DATA", Hidden: true, Summary: "be the monitor of a container that runs or is started", Make: revive},
			{Name: "reap", Args: "COMMAND...", StopAt: 0, Summary: "be process 1 of a container: run a command, pass signals on, reap", Make: reap},
			{Name: "probe", Args: "KIND PORT [PATH]", Summary: "ask a tcp or http port once", Make: probe},
			{Name: "watch", Args: "DATA", Hidden: true, Summary: "be the monitor", Make: watchVerb},
			{Name: "serve", Summary: "metrics and a page for browsers", Make: serve},
			{Name: "hook", Args: "URL ID RULE VALUE", Hidden: true, Summary: "tell a URL of an alarm", Make: hook},
		},
	})
}

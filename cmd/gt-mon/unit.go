package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/settings"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// unit prints a unit that runs the container at boot and adopts it again when its
// monitor has died: systemd then owns the monitor, and KillMode=process leaves
// the container alone.
func unit(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		_, mon, err := find(c, c.Args[0])
		if err != nil {
			return err
		}
		s, err := settings.Read(mon.Data)
		if err != nil {
			return err
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		command := systemdWords(self, "--root", s.Root, "revive", s.Data)
		stop := systemdWords(self, "--root", s.Root, "stop", s.ID)
		return c.Print(fmt.Appendf(nil, `[Unit]
Description=Container %s
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=main
ExecStart=%s
ExecStop=%s
KillMode=process
Restart=on-abnormal
TimeoutStopSec=%d
Delegate=yes

[Install]
WantedBy=multi-user.target
`, s.ID, command, stop, int(s.StopTimeout.Seconds())+10))
	}
}

// systemdWords quotes as systemd.service(5) reads it.
func systemdWords(words ...string) string {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$", "\n", `\n`)
	for i, w := range words {
		words[i] = `"` + quote.Replace(w) + `"`
	}
	return strings.Join(words, " ")
}

// revive is what a unit calls: it stays, as the monitor of a container that runs
// or that is started now.
func revive(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		s, err := settings.Read(c.Args[0])
		if err != nil {
			return err
		}
		preserve := s.Preserve
		_, mon, err := find(c, s.ID)
		if err == nil {
			alive, err := mon.Alive()
			if err != nil {
				return err
			}
			if alive {
				return fail.New(fail.CodeStatus, "monitor %d is alive, need none", mon.Pid)
			}
			return launch(c, &birth{data: s.Data, preserve: preserve, foreground: true, how: "--adopt"})
		}
		if fail.Details(err).Code != fail.CodeNoSuch {
			return err
		}
		return launch(c, &birth{data: s.Data, preserve: preserve, foreground: true})
	}
}

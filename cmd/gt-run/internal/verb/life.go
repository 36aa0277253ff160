package verb

import (
	"context"
	"strconv"
	"time"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/roster"
	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/sibling"
	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func itoa(n int) string { return strconv.Itoa(n) }

// call runs a tool on the state directory of c.
func call(c *tool.Call, name string, args ...string) ([]byte, error) {
	return sibling.Output(context.Background(), name, append([]string{"--root", c.Root}, args...)...)
}

// said is what a call does that answers nothing.
func said(_ []byte, err error) error { return err }

// graceful is the time a container has to end by itself where no monitor knows
// another.
const graceful = 10 * time.Second

func stop(o *tool.Options) func(*tool.Call) error {
	timeout := time.Duration(-1)
	o.Duration(&timeout, "timeout", 't', "TIME", "kill them after that (their --stop-timeout)")
	o.Duration(&timeout, "time", 0, "TIME", "the same, as docker calls it")
	return func(c *tool.Call) error {
		return each(c, func(id string) error {
			ct, err := find(c, id)
			if err != nil || !ct.Live() && !watched(ct) {
				return err
			}
			return halt(c, ct, timeout)
		})
	}
}

func watched(ct *roster.Container) bool { return ct.Monitor != nil && ct.Monitor.Alive() }

// halt ends a container through its monitor, which knows signal and time; else
// through gt-oci.
func halt(c *tool.Call, ct *roster.Container, timeout time.Duration) error {
	if frozen(ct) {
		if err := said(call(c, "gt-oci", "resume", ct.ID)); err != nil {
			return err
		}
	}
	if watched(ct) {
		args := []string{"stop", ct.ID}
		if timeout >= 0 {
			args = append(args, "--timeout", timeout.String())
		}
		return said(call(c, "gt-mon", args...))
	}
	if timeout < 0 {
		timeout = graceful
	}
	if err := said(call(c, "gt-oci", "kill", ct.ID, stopSignal(ct))); err != nil {
		return err
	}
	if said(call(c, "gt-oci", "wait", "--timeout", timeout.String(), ct.ID)) == nil {
		return nil
	}
	err := said(call(c, "gt-oci", "kill", "--all", ct.ID, "KILL"))
	if err == nil {
		err = said(call(c, "gt-oci", "wait", ct.ID))
	}
	if sibling.IsAbsent(err) {
		return nil // a gt-run in the foreground has removed it
	}
	return err
}

// stopSignal is what an image or --stop-signal asks for.
func stopSignal(ct *roster.Container) string {
	if ct.State != nil {
		if s := ct.State.Annotations[StopAnnotation]; s != "" {
			return s
		}
	}
	return "TERM"
}

// StopAnnotation is where gt-rootfs and gt-run keep the stop signal.
const StopAnnotation = "org.opencontainers.image.stopSignal"

// frozen tells whether a container is paused.
func frozen(ct *roster.Container) bool {
	if !ct.Live() {
		return false
	}
	mode, err := cgroup.ParseMode(ct.State.CgroupMode)
	if err != nil {
		return false
	}
	is, err := cgroup.Load(mode, ct.State.Cgroups).Frozen()
	return is && err == nil
}

func restart(o *tool.Options) func(*tool.Call) error {
	timeout := time.Duration(-1)
	o.Duration(&timeout, "timeout", 't', "TIME", "kill them after that (their --stop-timeout)")
	o.Duration(&timeout, "time", 0, "TIME", "the same, as docker calls it")
	return func(c *tool.Call) error {
		return each(c, func(id string) error {
			ct, err := find(c, id)
			if err != nil {
				return err
			}
			if !watched(ct) {
				if ct.Live() {
					return fail.New(fail.CodeStatus, "container %s has no monitor (gt-mon adopt %s)", id, id)
				}
				return again(c, ct)
			}
			args := []string{"restart", id}
			if timeout >= 0 {
				args = append(args, "--timeout", timeout.String())
			}
			return said(call(c, "gt-mon", args...))
		})
	}
}

func kill(o *tool.Options) func(*tool.Call) error {
	signal, all := "KILL", false
	o.String(&signal, "signal", 's', "SIGNAL", "the signal")
	o.Bool(&all, "all", 'a', "to every process of the container")
	return func(c *tool.Call) error {
		return each(c, func(id string) error {
			args := []string{"kill"}
			if all {
				args = append(args, "--all")
			}
			return said(call(c, "gt-oci", append(args, id, signal)...))
		})
	}
}

func remove(o *tool.Options) func(*tool.Call) error {
	force, volumes := false, false
	o.Bool(&force, "force", 'f', "kill them first; be silent if one does not exist")
	o.Bool(&volumes, "volumes", 'v', "with their nameless volumes, of which there are none")
	return func(c *tool.Call) error {
		return each(c, func(id string) error {
			ct, err := find(c, id)
			if err != nil {
				if force && fail.Details(err).Code == fail.CodeNoSuch {
					return nil
				}
				return err
			}
			return removeOne(c, ct, force)
		})
	}
}

func removeOne(c *tool.Call, ct *roster.Container, force bool) error {
	if !ct.Live() && watched(ct) && ct.Monitor.Phase == "ended" {
		// It has told the end and is on its way out.
		if err := sys.Gone(ct.Monitor.Pid); err != nil {
			return err
		}
	}
	if !force && (ct.Live() || watched(ct)) {
		status := string(ct.Status)
		if !ct.Live() {
			status = "about to start again"
		}
		return fail.New(fail.CodeStatus, "container %s is %s, need stopped (gt-run stop %s, or --force)", ct.ID, status, ct.ID)
	}
	if watched(ct) {
		if err := halt(c, ct, 0); err != nil {
			return err
		}
		// With --rm the monitor removes it.
		if err := sys.Gone(ct.Monitor.Pid); err != nil {
			return err
		}
		// It may have been made again meanwhile.
		now, err := find(c, ct.ID)
		if fail.Details(err).Code == fail.CodeNoSuch {
			return nil
		}
		if err != nil {
			return err
		}
		ct = now
	}
	if ct.State != nil {
		err := said(call(c, "gt-oci", "delete", "--force", ct.ID))
		if err != nil && !sibling.IsAbsent(err) {
			return err
		}
	}
	b, err := bundle.Open(ct.Bundle)
	if err != nil {
		return nil //nolint:nilerr // its hook has removed the bundle, or it is not ours
	}
	defer b.Close()
	return b.Discard()
}

// simple is a verb that gt-oci has for one container.
func simple(verb string) maker {
	return func(*tool.Options) func(*tool.Call) error {
		return func(c *tool.Call) error {
			return each(c, func(id string) error { return said(call(c, "gt-oci", verb, id)) })
		}
	}
}

func wait(*tool.Options) func(*tool.Call) error {
	return func(c *tool.Call) error {
		return each(c, func(id string) error {
			ct, err := find(c, id)
			if err != nil {
				return err
			}
			if ct.Monitor == nil && ct.Live() {
				if err := said(call(c, "gt-oci", "wait", id)); err != nil && !sibling.IsAbsent(err) {
					return err
				}
				return fail.New(fail.CodeStatus, "container %s ran in the foreground: its gt-run has the exit code", id)
			}
			if ct.Monitor == nil {
				if ct.Exit == nil {
					return fail.New(fail.CodeStatus, "container %s has no exit record, need one that gt-run --detach made", id)
				}
				return c.Print([]byte(itoa(ct.Exit.Code) + "\n"))
			}
			out, err := call(c, "gt-mon", "wait", id)
			if err != nil {
				return err
			}
			return c.Print(out)
		})
	}
}

package main

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// each makes a verb that takes an ID or states and changes one container.
func each(do func(rt *container.Runtime, id string) (*container.Container, error)) func(*tool.Call) error {
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		return c.Each(first(c), func(in tool.Input) ([]byte, error) {
			ct, err := do(rt, in.ID)
			if err != nil {
				return nil, err
			}
			return reply(in, ct)
		})
	}
}

func start(*tool.Options) func(*tool.Call) error  { return each((*container.Runtime).Start) }
func pause(*tool.Options) func(*tool.Call) error  { return each((*container.Runtime).Pause) }
func resume(*tool.Options) func(*tool.Call) error { return each((*container.Runtime).Resume) }

func wait(o *tool.Options) func(*tool.Call) error {
	timeout := time.Duration(-1)
	o.Duration(&timeout, "timeout", 't', "TIME", "fail when it has not ended by then")
	return each(func(rt *container.Runtime, id string) (*container.Container, error) {
		ms := -1
		if timeout >= 0 {
			ms = int(timeout.Milliseconds())
		}
		return rt.Wait(id, ms)
	})
}

func kill(o *tool.Options) func(*tool.Call) error {
	var all bool
	var named, pattern string
	o.Bool(&all, "all", 'a', "signal every process of the container")
	o.String(&named, "signal", 's', "SIGNAL", "the signal, where no ID is given")
	o.String(&pattern, "regex", 0, "PATTERN", "every container whose ID the pattern matches, instead of an ID")
	return func(c *tool.Call) error {
		if pattern != "" {
			if len(c.Args) > 1 {
				return fail.Usage("--regex: have an ID too, need one of them")
			}
			if len(c.Args) == 1 {
				named = c.Args[0]
			}
			sig, err := signal(named)
			if err != nil {
				return err
			}
			return eachMatch(c, pattern, func(rt *container.Runtime, id string) error {
				_, err := rt.Kill(id, sig, all)
				return err
			})
		}
		id, word := first(c), named
		if len(c.Args) == 2 {
			word = c.Args[1]
		}
		sig, err := signal(word)
		if err != nil {
			return err
		}
		c.Args = c.Args[:min(len(c.Args), 1)]
		return each(func(rt *container.Runtime, id string) (*container.Container, error) {
			return rt.Kill(id, sig, all)
		})(withID(c, id))
	}
}

func withID(c *tool.Call, id string) *tool.Call {
	if id == "" {
		c.Args = nil
	}
	return c
}

// signal reads TERM, SIGTERM, sigterm, 15 or -15.
func signal(word string) (unix.Signal, error) {
	if word == "" {
		return unix.SIGTERM, nil
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(word, "-")); err == nil {
		if n < 0 || n > 64 {
			return 0, fail.Usage("signal %d does not exist, need 1 to 64", n)
		}
		return unix.Signal(n), nil
	}
	if sig := sys.SignalNum(strings.TrimPrefix(word, "-")); sig != 0 {
		return sig, nil
	}
	return 0, fail.Usage("unknown signal %q, need a name as TERM or a number", word)
}

func remove(o *tool.Options) func(*tool.Call) error {
	var force bool
	var pattern string
	o.Bool(&force, "force", 'f', "kill it first; be silent if it does not exist")
	o.String(&pattern, "regex", 0, "PATTERN", "every container whose ID the pattern matches, instead of an ID")
	return func(c *tool.Call) error {
		if pattern != "" {
			if len(c.Args) > 0 {
				return fail.Usage("--regex: have an ID too, need one of them")
			}
			return eachMatch(c, pattern, func(rt *container.Runtime, id string) error { return rt.Delete(id, force) })
		}
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		return c.Each(first(c), func(in tool.Input) ([]byte, error) {
			if err := rt.Delete(in.ID, force); err != nil {
				return nil, err
			}
			if in.Raw == nil {
				return nil, nil
			}
			return tool.Merge(in.Raw, map[string]any{"status": "stopped"})
		})
	}
}

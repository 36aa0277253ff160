package main

import (
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/attach"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func down(o *tool.Options) func(*tool.Call) error {
	var ifname string
	o.String(&ifname, "ifname", 0, "NAME", "one interface only")
	return func(c *tool.Call) error {
		h, err := host(c)
		if err != nil {
			return err
		}
		return c.Each(first(c), func(in tool.Input) ([]byte, error) {
			keys, err := keysOf(h, in.ID, ifname)
			for _, key := range keys {
				if e := h.Down(key); err == nil {
					err = e
				}
			}
			if e := downPlugin(c, in.ID); err == nil {
				err = e
			}
			if err == nil && len(keys) > 0 {
				tellEvent(c, plugin.NetworkEventTeardown, in.ID)
			}
			return in.Raw, err
		})
	}
}

func check(o *tool.Options) func(*tool.Call) error {
	var ifname string
	o.String(&ifname, "ifname", 0, "NAME", "one interface only")
	return func(c *tool.Call) error {
		h, err := host(c)
		if err != nil {
			return err
		}
		return c.Each(first(c), func(in tool.Input) ([]byte, error) {
			keys, err := keysOf(h, in.ID, ifname)
			if err == nil && len(keys) == 0 {
				err = unknown(in.ID)
			}
			for _, key := range keys {
				if e := h.Check(key); err == nil {
					err = e
				}
			}
			return in.Raw, err
		})
	}
}

// keysOf are the attachments of a container.
func keysOf(h *attach.Host, id, ifname string) ([]string, error) {
	if err := state.CheckID(id); err != nil {
		return nil, err
	}
	if ifname != "" {
		return []string{id + "@" + ifname}, nil
	}
	return h.Dir.Keys(id)
}

func unknown(id string) error {
	return fail.New(fail.CodeNoSuch, "container %s has no interface of gt-net", id)
}

package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/attach"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func network(o *tool.Options) func(*tool.Call) error {
	n := &store.Network{Driver: "bridge"}
	o.Enum(&n.Driver, "driver", 0, []string{"bridge", "ptp", "macvlan", "ipvlan", "vlan"}, "with create: the mode of its containers")
	networkOptions(o, n)
	o.Format("table", "json")
	return func(c *tool.Call) error {
		h, err := host(c)
		if err != nil {
			return err
		}
		switch {
		case c.Args[0] == "list" && len(c.Args) == 1:
			return networkList(c, h)
		case c.Args[0] == "rm" && len(c.Args) == 2:
			return h.Delete(c.Args[1])
		case c.Args[0] == "create" && len(c.Args) == 2:
			n.Name = c.Args[1]
			if err := store.CheckName("network", n.Name); err != nil {
				return err
			}
			return h.Create(n)
		}
		return fail.Usage("have %s, need create NAME, rm NAME or list", strings.Join(c.Args, " "))
	}
}

func networkList(c *tool.Call, h *attach.Host) error {
	all, err := h.Dir.Networks()
	if err != nil {
		return err
	}
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if c.Format == "table" {
		fmt.Fprintln(table, "NAME\tDRIVER\tLINK\tADDRESSES\tHELD")
	}
	for _, n := range all {
		if c.Format == "json" {
			if err := line(&b, n); err != nil {
				return err
			}
			continue
		}
		leases, err := h.Dir.Leases(n)
		if err != nil {
			return err
		}
		nets := strings.Trim(fmt.Sprint(n.Prefixes()), "[]")
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\n", n.Name, n.Driver, n.Bridge+n.Parent, nets, len(leases.Keys()))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return c.Print([]byte(b.String()))
}

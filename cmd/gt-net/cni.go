package main

import (
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/attach"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/chain"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// settleCNI refuses what the plugins would not hear of.
func (a *asked) settleCNI() error {
	q := &a.q
	for _, c := range []struct {
		given bool
		name  string
	}{
		{q.Mode != "bridge", "mode"},
		{q.Network != "", "network"},
		{q.Want != store.Network{}, "bridge, --net, --net6, --gateway, --gateway6, --parent, --mtu, --internal or --shared"},
		{q.VLAN != 0, "vlan"},
		{q.Private, "private"},
		{q.Forward, "forward"},
		{len(q.Routes) > 0, "route"},
		{q.NoDefault, "no-default-route"},
		{len(q.Names) > 0, "name"},
		{len(q.Hosts)+len(q.Resolver.Servers)+len(q.Resolver.Search)+len(q.Resolver.Options) > 0, "dns, --dns-search, --dns-option or --add-host"},
		{len(q.Egress) > 0 || q.Monitor, "egress"},
	} {
		if c.given {
			return fail.Usage("--%s: have --cni too, need one of them", c.name)
		}
	}
	if len(a.cniBin) == 0 {
		a.cniBin = chain.Dirs
	}
	return nil
}

func (a *asked) upCNI(h *attach.Host, q *attach.Request) error {
	if q.NetNS == "" {
		return fail.New(fail.CodeStatus, "container is creating, --cni needs it created")
	}
	list, err := chain.Load(a.cniConf, a.cni)
	if err != nil {
		return err
	}
	_, err = h.UpCNI(q, &store.CNI{Name: a.cni, List: string(list.Bytes), Bin: a.cniBin})
	return err
}

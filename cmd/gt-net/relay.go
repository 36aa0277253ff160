package main

import (
	"slices"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/attach"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/names"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/relay"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// relayed tells whether the mode is one without root.
func (a *asked) relayed() bool { return slices.Contains(relay.Kinds, a.q.Mode) }

// settleRelay refuses what the programs cannot do.
func (a *asked) settleRelay() error {
	q := &a.q
	pasta := q.Mode == "pasta"
	for _, c := range []struct {
		given bool
		name  string
	}{
		{q.Network != "", "network"},
		{q.Want.Bridge != "", "bridge"},
		{q.Want.Parent != "", "parent"},
		{q.VLAN != 0, "vlan"},
		{q.Want.Internal, "internal"},
		{q.Want.Shared, "shared"},
		{q.Private, "private"},
		{q.Forward, "forward"},
		{len(q.Routes) > 0, "route"},
		{q.NoDefault, "no-default-route"},
		{len(q.Names) > 0, "name"},
		{q.RateIn > 0, "rate-in"},
		{q.RateOut > 0, "rate-out"},
		{len(q.Egress) > 0, "egress"},
		{q.Monitor, "egress-monitor"},
		{pasta && q.Want.Net4.IsValid(), "net"},
		{q.Want.Net6.IsValid(), "net6"},
		{!pasta && q.IP4.IsValid(), "ip"},
		{!pasta && q.IP6.IsValid(), "ip6"},
		{!pasta && q.Want.Gateway4.IsValid(), "gateway"},
		{!pasta && q.Want.Gateway6.IsValid(), "gateway6"},
	} {
		if c.given {
			return fail.Usage("--%s: mode %s has none", c.name, q.Mode)
		}
	}
	if a.netns != "" {
		return fail.Usage("--netns: have mode %s, need a container", q.Mode)
	}
	q.FilesWanted = len(q.Resolver.Servers)+len(q.Resolver.Search)+len(q.Resolver.Options)+len(q.Hosts) > 0
	if a.noFiles && q.FilesWanted {
		return fail.Usage("--no-dns: have --dns or --add-host too, need one of them")
	}
	return q.Resolver.Check()
}

// prepareRelay makes a bundle ready for the mode: a network namespace, and
// hosts and resolv.conf, which nobody can mount later without root.
func (a *asked) prepareRelay(q *attach.Request) error {
	if err := bundle.SetNetwork(q.Bundle, false, ""); err != nil {
		return err
	}
	if a.noFiles {
		return nil
	}
	resolver := q.Resolver.Or(names.Host())
	if len(q.Resolver.Servers) == 0 {
		resolver.Servers = []string{relay.Server[q.Mode]}
	}
	own := append([]string{"127.0.1.1 " + q.ID}, q.Hosts...)
	return bundle.SetFiles(q.Bundle, map[string]string{
		"/etc/resolv.conf": resolver.Text(),
		"/etc/hosts":       names.Hosts("", own),
	})
}

// upRelayed prepares a bundle, or attaches a container that was made of one.
func (a *asked) upRelayed(c *tool.Call, h *attach.Host, q *attach.Request) error {
	if q.NetNS == "" {
		return a.prepareRelay(q)
	}
	if q.FilesWanted && (q.Bundle == "" || !bundle.HasFiles(q.Bundle)) {
		return fail.New(fail.CodeStatus, "--dns, --add-host: container is created, mode %s needs them before", q.Mode)
	}
	_, err := h.UpRelay(q)
	if err == nil {
		tellEvent(c, plugin.NetworkEventSetup, q.ID, "mode", q.Mode)
	}
	return err
}

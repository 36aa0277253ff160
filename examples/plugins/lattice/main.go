// Lattice is a network plugin: containers at a bridge of their own, each port
// in the VLAN of the configuration. It needs ip and bridge (iproute2).
//
//	sudo gophertainer plugin load --grant network --grant cap=CAP_NET_ADMIN --grant cap=CAP_SYS_ADMIN \
//		--set subnet=10.77.0.0/24 --set vlan=10 lattice
//	sudo gophertainer plugin call lattice network.setup '{"containerId":"web","netns":"/proc/PID/ns/net"}'
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/gophertainer/gophertainer/lib/plugin"
)

type lattice struct {
	bridge string
	subnet netip.Prefix
	vlan   int
	lock   sync.Mutex
}

// leases is kept while the plugin is loaded.
const leases = "/data/leases.json"

func (p *lattice) GetInfo() plugin.PluginInfo {
	low, high := 0.0, 4094.0
	return plugin.PluginInfo{
		Name: "lattice", Version: "1.0.0", Type: plugin.PluginTypeNetwork,
		Description: "an own bridge with a VLAN tag",
		Config: plugin.PluginConfigSchema{
			Strict: true,
			Properties: map[string]plugin.PluginConfigProperty{
				"bridge": {Type: "string", Default: "lattice0", Description: "name of the bridge"},
				"subnet": {Type: "string", Default: "10.77.0.0/24", Description: "addresses; the bridge has the first"},
				"vlan":   {Type: "integer", Default: 0.0, Minimum: &low, Maximum: &high, Description: "tag, 0 is none"},
			},
		},
		Needs: plugin.PluginNeeds{Network: true, Capabilities: []string{"CAP_NET_ADMIN", "CAP_SYS_ADMIN"}},
	}
}

func (p *lattice) Initialize(_ context.Context, config map[string]interface{}) (err error) {
	p.bridge, _ = config["bridge"].(string)
	vlan, _ := config["vlan"].(float64)
	p.vlan = int(vlan)
	if len(p.bridge) > 15 {
		return fmt.Errorf("/bridge: have %d characters, need at most 15", len(p.bridge))
	}
	p.subnet, err = netip.ParsePrefix(config["subnet"].(string)) // checked by the schema
	return err
}

func (p *lattice) Start(context.Context) error   { return nil }
func (p *lattice) Stop(context.Context) error    { return nil }
func (p *lattice) Cleanup(context.Context) error { return nil }

func (p *lattice) GetHandledEvents() []plugin.PluginEventType {
	return []plugin.PluginEventType{plugin.ContainerEventDeleted}
}

// HandleEvent frees the address of a container that went without teardown.
func (p *lattice) HandleEvent(_ context.Context, e *plugin.PluginEvent) error {
	return p.TeardownNetwork(e.ID, "")
}

func (p *lattice) SetupNetwork(containerID, netNS string) (*plugin.NetworkResult, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if err := p.ready(); err != nil {
		return nil, err
	}
	address, err := p.lease(containerID)
	if err != nil {
		return nil, err
	}
	outside, inside := port(containerID), "eth0"
	gateway := p.subnet.Masked().Addr().Next()
	steps := [][]string{
		{"ip", "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", netNS},
		{"ip", "link", "set", outside, "master", p.bridge, "up"},
		{"nsenter", "--net=" + netNS, "ip", "addr", "add", address.String(), "dev", inside},
		{"nsenter", "--net=" + netNS, "ip", "link", "set", inside, "up"},
		{"nsenter", "--net=" + netNS, "ip", "link", "set", "lo", "up"},
		{"nsenter", "--net=" + netNS, "ip", "route", "add", "default", "via", gateway.String()},
	}
	if p.vlan > 0 {
		tag := strconv.Itoa(p.vlan)
		steps = append(steps, []string{"bridge", "vlan", "add", "dev", outside, "vid", tag, "pvid", "untagged"},
			[]string{"bridge", "vlan", "del", "dev", outside, "vid", "1"})
	}
	if err := run(steps...); err != nil {
		return nil, errors.Join(err, p.free(containerID), gone(outside))
	}
	return &plugin.NetworkResult{
		Interface: inside, Addresses: []string{address.String()}, Gateway: gateway.String(), Bridge: p.bridge, VLAN: p.vlan,
	}, nil
}

func (p *lattice) TeardownNetwork(containerID, _ string) error {
	p.lock.Lock()
	defer p.lock.Unlock()
	return errors.Join(gone(port(containerID)), p.free(containerID))
}

// ready makes the bridge if it is not there.
func (p *lattice) ready() error {
	if err := run([]string{"ip", "link", "show", p.bridge}); err == nil {
		return nil
	}
	gateway := netip.PrefixFrom(p.subnet.Masked().Addr().Next(), p.subnet.Bits())
	make := []string{"ip", "link", "add", p.bridge, "type", "bridge"}
	if p.vlan > 0 {
		make = append(make, "vlan_filtering", "1")
	}
	steps := [][]string{make, {"ip", "addr", "add", gateway.String(), "dev", p.bridge}, {"ip", "link", "set", p.bridge, "up"}}
	if p.vlan > 0 {
		steps = append(steps, []string{"bridge", "vlan", "add", "dev", p.bridge, "vid", strconv.Itoa(p.vlan), "pvid", "untagged", "self"})
	}
	if err := run(steps...); err != nil {
		return errors.Join(fmt.Errorf("bridge %s: %w", p.bridge, err), gone(p.bridge))
	}
	slog.Info("bridge", "name", p.bridge, "vlan", p.vlan)
	return nil
}

// lease gives a container the address it has, or the first that is free.
func (p *lattice) lease(id string) (netip.Prefix, error) {
	all, err := read()
	if err != nil {
		return netip.Prefix{}, err
	}
	taken := map[string]bool{p.subnet.Masked().Addr().Next().String(): true}
	for _, a := range all {
		taken[a] = true
	}
	at := p.subnet.Masked().Addr().Next()
	for ; p.subnet.Contains(at) && taken[at.String()]; at = at.Next() {
	}
	if !p.subnet.Contains(at.Next()) { // the last one is for broadcast
		return netip.Prefix{}, fmt.Errorf("have no free address in %s", p.subnet)
	}
	all[id] = at.String()
	return netip.PrefixFrom(at, p.subnet.Bits()), write(all)
}

func (p *lattice) free(id string) error {
	all, err := read()
	if err != nil || all[id] == "" {
		return err
	}
	delete(all, id)
	return write(all)
}

func read() (map[string]string, error) {
	all := map[string]string{}
	b, err := os.ReadFile(leases)
	if errors.Is(err, os.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	return all, json.Unmarshal(b, &all)
}

func write(all map[string]string) error {
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	if err := os.WriteFile(leases+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(leases+".new", leases)
}

// port is the name of a container's end at the bridge.
func port(id string) string { return fmt.Sprintf("lt%x", sha256.Sum256([]byte(id)))[:12] }

func gone(link string) error {
	if _, err := os.Stat(filepath.Join("/proc/sys/net/ipv4/conf", link)); err != nil {
		return nil
	}
	return run([]string{"ip", "link", "del", link})
}

func run(steps ...[]string) error {
	for _, s := range steps {
		if out, err := exec.Command(s[0], s[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", strings.Join(s, " "), err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}

func main() { plugin.Serve(&lattice{}) }

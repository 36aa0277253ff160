package attach

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/link"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/relay"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/state"
)

// UpRelay attaches a container without root, by a process of the caller's that
// carries what it sends.
func (h *Host) UpRelay(q *Request) (*store.Record, error) {
	if err := q.relayable(); err != nil {
		return nil, err
	}
	kind := q.Mode
	q.Network = ""
	r, ns, lock, err := h.begin(q)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	defer ns.Close()
	r.Relay = &store.Relay{Base: h.Dir.Path("relay", link.HostName("r", r.Key()))}
	err = h.Dir.Put(r)
	if err == nil && len(r.Ports) > 0 {
		err = h.reserve(r)
	}
	if err == nil {
		err = h.relay(q, kind, r)
	}
	if err != nil {
		if e := h.undo(r); e != nil {
			h.Warn("undo: %v", e)
		}
		return nil, err
	}
	r.Done = true
	return r, h.Dir.Put(r)
}

// relayable refuses what neither program can do.
func (q *Request) relayable() error {
	switch {
	case q.Pid == 0:
		return fail.Usage("mode %s: have --netns, need a container", q.Mode)
	case q.Mode == "pasta" && os.Geteuid() == 0:
		return fail.New(fail.CodeStatus, "mode pasta is for users without root, which pasta gives up before it enters a namespace, need bridge or slirp4netns")
	}
	for _, p := range q.Ports {
		if p.Proto == "sctp" || q.Mode == "slirp4netns" && p.Host.Is6() {
			return fail.Usage("publish %s: mode %s carries tcp and udp%s only", p, q.Mode, map[bool]string{true: " of IPv4"}[q.Mode == "slirp4netns"])
		}
	}
	return nil
}

func (h *Host) relay(q *Request, kind string, r *store.Record) error {
	run := &relay.Relay{Kind: kind, Base: r.Relay.Base, Pid: q.Pid, IfName: q.IfName, MTU: q.MTU, MAC: q.MAC, Ports: q.Ports}
	if run.MTU == 0 {
		run.MTU = q.Want.MTU
	}
	for _, a := range []netip.Addr{q.IP4, q.IP6} {
		if a.IsValid() {
			run.IP = append(run.IP, a.String())
		}
	}
	for _, a := range []netip.Addr{q.Want.Gateway4, q.Want.Gateway6} {
		if a.IsValid() {
			run.Gates = append(run.Gates, a.String())
		}
	}
	if q.Want.Net4.IsValid() {
		run.Net = q.Want.Net4.String()
	}
	pid, err := run.Start()
	if err != nil {
		return err
	}
	if r.Relay.PidStart, err = state.StartTime(pid); err != nil {
		return err
	}
	r.Relay.Pid = pid
	r.Addresses, err = inside(q.Pid, q.IfName)
	return err
}

// relayDown ends the process.
func (h *Host) relayDown(r *store.Record) error {
	if r.Relay == nil {
		return nil
	}
	return relay.Stop(r.Relay.Base)
}

func relayCheck(r *store.Record) error {
	if !relay.Alive(r.Relay.Pid, r.Relay.PidStart, r.Relay.Base) {
		return fail.New(fail.CodeStatus, "%s: %s, process %d, has ended, need gt-net down and up", r.Key(), r.Mode, r.Relay.Pid)
	}
	have, err := inside(r.Pid, r.IfName)
	if err != nil {
		return err
	}
	for _, a := range r.Addresses {
		if !strings.Contains(" "+strings.Join(have, " ")+" ", " "+a+" ") {
			return fail.New(fail.CodeStatus, "%s lacks %s", r.IfName, a)
		}
	}
	return nil
}

// inside reads the addresses of an interface without entering the namespace,
// which takes a right in it that a user has only from within: IPv4 ones from
// the networks it is on, IPv6 ones of global scope.
func inside(pid int, ifname string) ([]string, error) {
	proc := "/proc/" + strconv.Itoa(pid) + "/net/"
	route, err := os.ReadFile(proc + "route")
	if err != nil {
		return nil, err
	}
	trie, err := os.ReadFile(proc + "fib_trie")
	if err != nil {
		return nil, err
	}
	var list []string
	for _, p := range onLink(string(route), ifname) {
		if a, ok := localIn(string(trie), p); ok {
			list = append(list, netip.PrefixFrom(a, p.Bits()).String())
		}
	}
	six, err := os.ReadFile(proc + "if_inet6")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(six)) {
		f := strings.Fields(line)
		if len(f) < 6 || f[5] != ifname || f[3] != "00" {
			continue
		}
		b, err := hex.DecodeString(f[0])
		bits, err2 := strconv.ParseUint(f[2], 16, 8)
		if a, ok := netip.AddrFromSlice(b); ok && err == nil && err2 == nil {
			list = append(list, netip.PrefixFrom(a, int(bits)).String())
		}
	}
	if list == nil {
		return nil, fail.New(fail.CodeStatus, "interface %s has no address", ifname)
	}
	return list, nil
}

// onLink are the networks of /proc/net/route that need no gateway.
func onLink(text, ifname string) []netip.Prefix {
	var list []netip.Prefix
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 8 || f[0] != ifname || f[2] != "00000000" {
			continue
		}
		dst, err := strconv.ParseUint(f[1], 16, 32)
		mask, err2 := strconv.ParseUint(f[7], 16, 32)
		if err != nil || err2 != nil || mask == 0 {
			continue
		}
		bits := 0
		for m := mask; m > 0; m >>= 1 {
			bits += int(m & 1)
		}
		a := netip.AddrFrom4([4]byte{byte(dst), byte(dst >> 8), byte(dst >> 16), byte(dst >> 24)})
		list = append(list, netip.PrefixFrom(a, bits))
	}
	return list
}

// localIn is the address of /proc/net/fib_trie in a network that is the
// namespace's own.
func localIn(text string, p netip.Prefix) (netip.Addr, bool) {
	var last netip.Addr
	for line := range strings.Lines(text) {
		if _, addr, ok := strings.Cut(line, "|-- "); ok {
			last, _ = netip.ParseAddr(strings.TrimSpace(addr))
		} else if strings.Contains(line, "/32 host LOCAL") && last.IsValid() && p.Contains(last) {
			return last, true
		}
	}
	return netip.Addr{}, false
}

// Permitted refuses a mode that changes the host's network where the caller
// may not.
func Permitted(mode string) error {
	var head unix.CapUserHeader
	var data [2]unix.CapUserData
	head.Version = unix.LINUX_CAPABILITY_VERSION_3
	if err := unix.Capget(&head, &data[0]); err != nil {
		return fmt.Errorf("capget: %w", err)
	}
	if data[0].Effective&(1<<unix.CAP_NET_ADMIN) != 0 {
		return nil
	}
	return fail.New(fail.CodePermission, "mode %s changes the host's network, need root, or mode pasta or slirp4netns", mode)
}

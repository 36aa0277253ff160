package wall

import (
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

const day = 24 * time.Hour

// ctDNAT is IPS_DST_NAT of a connection's status.
const ctDNAT = 1 << 5

// Registers of 4 bytes each (NFT_REG32_00 and on): keys of several parts lie
// in them side by side. Register 1 is the first four of them, 2 the next.
const reg = 8

type rule []expr.Any

func (r rule) and(more ...expr.Any) rule { return append(r[:len(r):len(r)], more...) }

// family lets a packet of IPv4 or IPv6 on.
func family(v6 bool) rule {
	f := byte(unix.NFPROTO_IPV4)
	if v6 {
		f = unix.NFPROTO_IPV6
	}
	return rule{&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: 1}, equal(f)}
}

func equal(b ...byte) expr.Any {
	return &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: b}
}

func load(key expr.MetaKey, reg uint32) expr.Any { return &expr.Meta{Key: key, Register: reg} }

// address loads the source or destination.
func address(v6, dst bool, reg uint32) expr.Any {
	offset, size := uint32(12), uint32(4)
	if v6 {
		offset, size = 8, 16
	}
	if dst {
		offset += size
	}
	return &expr.Payload{DestRegister: reg, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: size}
}

func port(reg uint32) expr.Any {
	return &expr.Payload{DestRegister: reg, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2}
}

func in(set *nftables.Set) expr.Any {
	return &expr.Lookup{SourceRegister: 1, SetName: set.Name, SetID: set.ID}
}

func notIn(set *nftables.Set) expr.Any {
	return &expr.Lookup{SourceRegister: 1, SetName: set.Name, SetID: set.ID, Invert: true}
}

func verdict(kind expr.VerdictKind) expr.Any { return &expr.Verdict{Kind: kind} }

var (
	accept = verdict(expr.VerdictAccept)
	drop   = verdict(expr.VerdictDrop)
)

// bits lets a packet on of which the connection's key has one of the bits.
func bits(key expr.CtKey, mask uint32) rule {
	return rule{
		&expr.Ct{Key: key, Register: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: binaryutil.NativeEndian.PutUint32(mask), Xor: make([]byte, 4)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: make([]byte, 4)},
	}
}

func (w *Wall) chain(name string, kind nftables.ChainType, hook *nftables.ChainHook, priority nftables.ChainPriority) func(...rule) {
	c := w.conn.AddChain(&nftables.Chain{Name: name, Table: w.table, Type: kind, Hooknum: hook, Priority: &priority})
	return func(rules ...rule) {
		for _, r := range rules {
			w.conn.AddRule(&nftables.Rule{Table: w.table, Chain: c, Exprs: r})
		}
	}
}

// rules makes the chains. None of them decides about a packet that neither
// comes from nor goes to a container of ours.
func (w *Wall) rules() {
	s := w.sets
	fromUs := rule{load(expr.MetaKeyIIFNAME, 1), in(s["links"])}
	toUs := rule{load(expr.MetaKeyOIFNAME, 1), in(s["links"])}
	dnat := bits(expr.CtKeySTATUS, ctDNAT)
	known := bits(expr.CtKeySTATE, expr.CtStateBitESTABLISHED|expr.CtStateBitRELATED)

	// The host's loopback is routable on our links, for ports published there:
	// what a container sends to it must not arrive (CVE-2020-8558).
	raw := w.chain("raw", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, *nftables.ChainPriorityRaw)
	raw(
		fromUs.and(family(false)...).and(&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: 16, Len: 1}, equal(127), drop),
		fromUs.and(family(false)...).and(&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: 12, Len: 1}, equal(127), drop),
	)

	// Before the destination is changed: the list means what the container asked for.
	guard := w.chain("egress", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, *nftables.ChainPriorityMangle)
	guard(fromUs.and(known...).and(accept))
	for _, v6 := range []bool{false, true} {
		guard(w.guard(v6)...)
	}

	pre := w.chain("publish", nftables.ChainTypeNAT, nftables.ChainHookPrerouting, *nftables.ChainPriorityNATDest)
	out := w.chain("publish-here", nftables.ChainTypeNAT, nftables.ChainHookOutput, *nftables.ChainPriorityNATDest)
	for _, v6 := range []bool{false, true} {
		pre(w.publish(v6, true), w.publish(v6, false))
		out(w.publish(v6, true), w.publish(v6, false))
	}

	post := w.chain("masquerade", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, *nftables.ChainPriorityNATSource)
	post(toUs.and(family(false)...).and(&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: 12, Len: 1}, equal(127), &expr.Masq{}))
	for _, v6 := range []bool{false, true} {
		inside := s["inside"+digit(v6)]
		from := family(v6).and(address(v6, false, 1), in(inside))
		post(
			// Back to where it came from: the answer has to pass here.
			from.and(dnat...).and(address(v6, true, 1), in(inside), &expr.Masq{}),
			from.and(address(v6, true, 1), notIn(inside)).and(notMulticast(v6)...).and(&expr.Masq{}),
		)
	}

	forward := w.chain("forward", nftables.ChainTypeFilter, nftables.ChainHookForward, *nftables.ChainPriorityFilter)
	forward(
		known.and(accept),
		rule{load(expr.MetaKeyIIFNAME, 1), load(expr.MetaKeyOIFNAME, 2), in(s["pairs"]), accept},
		rule{load(expr.MetaKeyIIFNAME, 1), in(s["closed"]), drop},
		rule{load(expr.MetaKeyOIFNAME, 1), in(s["closed"]), drop},
		toUs.and(dnat...).and(accept),
		toUs.and(drop),
	)
}

func digit(v6 bool) string {
	if v6 {
		return "6"
	}
	return "4"
}

func notMulticast(v6 bool) rule {
	mask, group, size := []byte{0xf0}, []byte{0xe0}, uint32(16)
	if v6 {
		mask, group, size = []byte{0xff}, []byte{0xff}, 24
	}
	return rule{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: size, Len: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 1, Mask: mask, Xor: []byte{0}},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: 1, Data: group},
	}
}

// publish sends what is for the host itself, and for no one else, on to the
// container that has the port.
func (w *Wall) publish(v6, one bool) rule {
	r := rule{
		&expr.Fib{Register: 1, FlagDADDR: true, ResultADDRTYPE: true},
		equal(binaryutil.NativeEndian.PutUint32(unix.RTN_LOCAL)...),
	}
	r = r.and(family(v6)...).and(load(expr.MetaKeyL4PROTO, reg))
	name, at := "any", uint32(reg+1)
	if one {
		name = "on"
		r = r.and(address(v6, true, reg+1))
		at++
		if v6 {
			at += 3
		}
	}
	set := w.sets[name+digit(v6)]
	nat := &expr.NAT{Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV4, RegAddrMin: reg, RegProtoMin: reg + 1}
	if v6 {
		nat.Family, nat.RegProtoMin = unix.NFPROTO_IPV6, reg+4
	}
	look := &expr.Lookup{SourceRegister: reg, DestRegister: reg, IsDestRegSet: true, SetName: set.Name, SetID: set.ID}
	return r.and(port(at), look, nat)
}

// guard are the rules of the allow-lists.
func (w *Wall) guard(v6 bool) []rule {
	size := uint32(1)
	if v6 {
		size = 4
	}
	of := func(name string) *nftables.Set { return w.sets[name+digit(v6)] }
	both := rule{address(v6, false, reg), address(v6, true, reg+size)}
	whole := both.and(load(expr.MetaKeyL4PROTO, reg+2*size), port(reg+2*size+1))
	from := func(name string) rule { return family(v6).and(address(v6, false, 1), in(of(name))) }
	note := &expr.Dynset{SrcRegKey: reg, SetName: of("seen").Name, SetID: of("seen").ID, Operation: uint32(unix.NFT_DYNSET_OP_UPDATE)}
	find := func(name string) expr.Any {
		return &expr.Lookup{SourceRegister: reg, SetName: of(name).Name, SetID: of(name).ID}
	}
	var list []rule
	for _, kind := range []string{"guard", "watch"} {
		list = append(list,
			from(kind).and(both...).and(find("to"), accept),
			from(kind).and(whole...).and(find("port"), accept),
			from(kind).and(whole...).and(note),
		)
	}
	return append(list, from("guard").and(drop))
}

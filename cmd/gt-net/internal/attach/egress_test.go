package attach

import (
	"fmt"
	"net/netip"
	"testing"
)

func TestWidest(t *testing.T) {
	read := func(list ...string) (out []place) {
		for _, s := range list {
			out = append(out, parsePlace(s))
		}
		return out
	}
	for _, c := range []struct {
		in, want []place
	}{
		{read("10.0.0.0/8", "10.1.0.0/16"), read("10.0.0.0/8")},
		{read("10.1.0.0/16", "10.0.0.0/8", "10.0.0.0/8"), read("10.0.0.0/8")},
		{read("10.0.0.1/32,tcp,80", "10.0.0.0/8"), read("10.0.0.1/32,tcp,80", "10.0.0.0/8")},
		{read("10.0.0.0/8,tcp,80", "10.0.0.1/32,tcp,80", "10.0.0.1/32,tcp,81"), read("10.0.0.0/8,tcp,80", "10.0.0.1/32,tcp,81")},
		{read("fd00::/8", "10.0.0.0/8"), read("fd00::/8", "10.0.0.0/8")},
		{nil, nil},
	} {
		if have := widest(c.in); fmt.Sprint(have) != fmt.Sprint(c.want) {
			t.Errorf("%v: have %v, need %v", c.in, have, c.want)
		}
	}
}

func TestEgressRefuses(t *testing.T) {
	for _, s := range []string{"1.2.3.4,tcp", "1.2.3.4,icmp,1", "1.2.3.4,tcp,0", "1.2.3.4,tcp,65536", "1.2.3.4,tcp,80,x", "1.2.3.4/33,tcp,x"} {
		q := &Request{Guarded: true, Egress: []string{s}}
		if e, _, err := q.egress(); err == nil {
			t.Errorf("%s: have %v, need an error", s, e)
		}
	}
}

func TestHardware(t *testing.T) {
	for given, ok := range map[string]bool{"": true, "02:00:00:00:00:01": true, "01:00:00:00:00:01": false, "02:00": false, "x": false} {
		mac, err := hardware(given, "a@eth0")
		if (err == nil) != ok || ok && mac[0]&1 != 0 {
			t.Errorf("%q: have %v %v", given, mac, err)
		}
	}
	if anywhere(netip.MustParseAddr("fd00::1")).String() != "::/0" {
		t.Error("no default route of IPv6")
	}
}

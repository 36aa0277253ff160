package store

import (
	"net/netip"
	"os"
	"strings"
	"testing"
)

func TestParsePorts(t *testing.T) {
	for in, want := range map[string]string{
		"80":                           "80:80/tcp",
		"8080:80":                      "8080:80/tcp",
		"8080:80/udp":                  "8080:80/udp",
		"1.2.3.4:8080:80/sctp":         "1.2.3.4:8080:80/sctp",
		"[2001:db8::1]:8080:80":        "[2001:db8::1]:8080:80/tcp",
		"10-12:20-22":                  "10:20/tcp 11:21/tcp 12:22/tcp",
		"[::ffff:1.2.3.4]:1:1":         "1.2.3.4:1:1/tcp",
		"65535":                        "65535:65535/tcp",
		"":                             "",
		"0":                            "",
		"65536":                        "",
		"80:":                          "",
		":80":                          "",
		"80/icmp":                      "",
		"2-1:2-1":                      "",
		"1-3:1-2":                      "",
		"host:80:80":                   "",
		"fe80::1%eth0:80:80":           "",
		"80:80/tcp/udp":                "",
		"-1:80":                        "",
		"+80:80":                       "",
		"1-65535:1-65535/tcp":          "many",
		"99999999999999999999:80":      "",
		"80:80/":                       "",
		"1.2.3.4:80":                   "",
		"[2001:db8::1]80:80":           "",
		" 80:80":                       "",
		"80:80 ":                       "",
		"\x00":                         "",
		strings.Repeat("9", 1<<16):     "",
		strings.Repeat(":", 1<<10):     "",
		"1.2.3.4:5.6.7.8:80:80":        "",
		"[[2001:db8::1]]:80:80":        "",
		"0x50:80":                      "",
		"2001:db8::1:80:80":            "[2001:db8::1]:80:80/tcp",
		"255.255.255.255:80:80-80/udp": "255.255.255.255:80:80/udp",
	} {
		list, err := ParsePorts(in)
		var have []string
		for _, p := range list {
			have = append(have, p.String())
		}
		text := strings.Join(have, " ")
		if want == "many" && len(list) == 65535 {
			continue
		}
		if text != want || (err == nil) != (want != "") {
			t.Errorf("%.40q: have %.60s %v, need %s", in, text, err, want)
		}
	}
}

func FuzzParsePorts(f *testing.F) {
	for _, s := range []string{"80", "1.2.3.4:1-2:3-4/udp", "[::1]:1:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ParsePorts(s)
		if err != nil {
			return
		}
		for _, p := range list {
			again, err := ParsePorts(p.String())
			if err != nil || len(again) != 1 || again[0] != p {
				t.Fatalf("%q: %s is read as %v %v", s, p, again, err)
			}
		}
	})
}

func TestPortsClash(t *testing.T) {
	d, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	one := func(s string) Port {
		list, err := ParsePorts(s)
		if err != nil {
			t.Fatal(err)
		}
		return list[0]
	}
	p, err := d.OpenPorts()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Take([]Port{one("80:80"), one("1.2.3.4:81:80"), one("82:80/udp")}, "a@eth0"); err != nil {
		t.Fatal(err)
	}
	p.Close()
	if p, err = d.OpenPorts(); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for port, want := range map[string]string{
		"80:1": "a@eth0", "1.2.3.4:80:1": "a@eth0", "[::1]:80:1": "a@eth0", "81:1": "a@eth0", "1.2.3.5:81:1": "",
		"82:1": "", "82:1/udp": "a@eth0", "83:80": "",
	} {
		if have := p.Holder(one(port), "b@eth0"); have != want {
			t.Errorf("%s: have %q, need %q", port, have, want)
		}
	}
	if err := p.Free("a@eth0"); err != nil || p.Holder(one("80:1"), "b@eth0") != "" {
		t.Error("not free", err)
	}
}

func TestLeases(t *testing.T) {
	d, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	n := &Network{Name: "n", Net4: netip.MustParsePrefix("10.0.0.0/29"), Net6: netip.MustParsePrefix("fd00::/64")}
	if err := n.Settle(); err != nil {
		t.Fatal(err)
	}
	none := netip.Addr{}
	take := func(l *Leases, p netip.Prefix, want netip.Addr, key string) string {
		a, _, err := l.Take(p, want, key)
		if err != nil {
			return err.Error()
		}
		return a.String()
	}
	l, _ := d.Leases(n)
	for i, want := range []string{"10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"} {
		if have := take(l, n.Net4, none, string(rune('a'+i))); have != want {
			t.Errorf("have %s, need %s", have, want)
		}
	}
	if have := take(l, n.Net4, none, "z"); !strings.Contains(have, "no free address, 5 are held") {
		t.Error(have)
	}
	l.Free("b")
	l.Call("a", []string{"a", "web"})
	if err := l.Write(); err != nil {
		t.Fatal(err)
	}
	if l, err = d.Leases(n); err != nil {
		t.Fatal(err)
	}
	if have := l.Hosts(); have != "10.0.0.2 a web\n" {
		t.Errorf("have %q", have)
	}
	for want, text := range map[string]string{
		"10.0.0.2": "held by a", "10.0.0.1": "gateway", "10.0.0.7": "no host's", "10.0.0.0": "no host's", "10.0.1.1": "is not in",
	} {
		if have := take(l, n.Net4, netip.MustParseAddr(want), "z"); !strings.Contains(have, text) {
			t.Errorf("%s: have %s, need %s", want, have, text)
		}
	}
	if have := take(l, n.Net4, none, "z"); have != "10.0.0.3" {
		t.Error(have)
	}
	if have := take(l, n.Net6, none, "z"); have != "fd00::2" {
		t.Error(have)
	}
	if err := os.WriteFile(d.leases("n"), []byte("nonsense a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Leases(n); err == nil {
		t.Error("need an error for a broken file")
	}
}

func TestNetworkNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"gt0": true, "a.b-c_d": true, "fifteen-bytes-x": true, "sixteen-bytes-xx": false, "": false, ".": false, "..": false,
		"a/b": false, "a b": false, "-x": false, ".x": false, "all": false, "default": false, "ä": false, "a\n": false,
	} {
		if err := CheckName("network", name); (err == nil) != ok {
			t.Errorf("%q: have %v", name, err)
		}
	}
}

package idmap

import (
	"math"
	"strings"
	"testing"

	"github.com/gophertainer/gophertainer/lib/fail"
)

func lines(n, size uint32) Map {
	var m Map
	for i := range n {
		m = append(m, Map{{ContainerID: i * size, HostID: 4000000000 + i*size, Size: size}}...)
	}
	return m
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name, want string
		m          Map
	}{
		{"empty", "", nil},
		{"one", "", Map{{ContainerID: 0, HostID: 1000, Size: 1}}},
		{"podman", "", Map{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 65536}}},
		{"all IDs", "", Map{{Size: math.MaxUint32}}},
		{"neighbours", "", Map{{ContainerID: 10, HostID: 20, Size: 10}, {ContainerID: 0, HostID: 10, Size: 10}}},
		{"size 0", "/m/0/size: have 0, need 1 or more", Map{{ContainerID: 1, HostID: 1}}},
		{"wraps container", "/m/0: last container ID is 4294967295, need at most 4294967294", Map{{ContainerID: 1, Size: math.MaxUint32}}},
		{"wraps host", "/m/0: last host ID is 4294967295", Map{{HostID: math.MaxUint32, Size: 1}}},
		{
			"overlap container", "/m/1: container ID 5 is in mapping 0 too",
			Map{{ContainerID: 0, HostID: 100, Size: 10}, {ContainerID: 5, HostID: 200, Size: 1}},
		},
		{
			"overlap host", "/m/1: host ID 100 is in mapping 0 too",
			Map{{ContainerID: 0, HostID: 100, Size: 10}, {ContainerID: 50, HostID: 91, Size: 10}},
		},
		{"same twice", "/m/1: container ID 0 is in mapping 0 too", Map{{HostID: 1, Size: 1}, {HostID: 1, Size: 1}}},
		{"too many", "/m: have 341 mappings, need at most 340", lines(341, 1)},
		{"too long", "/m: the map has", lines(300, 1)},
	} {
		err := c.m.Check("/m")
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: have %v, need %s", c.name, err, c.want)
		case err != nil && fail.Details(err).Code != fail.CodeSpec:
			t.Errorf("%s: code %s", c.name, fail.Details(err).Code)
		}
	}
}

func TestTranslate(t *testing.T) {
	m := Map{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 65536}}
	for _, c := range []struct {
		container, host uint32
		ok              bool
	}{{0, 1000, true}, {1, 100000, true}, {65536, 165535, true}, {65537, 165536, false}, {math.MaxUint32, math.MaxUint32, false}} {
		host, ok := m.ToHost(c.container)
		if ok != c.ok || ok && host != c.host {
			t.Errorf("container %d: have %d %v", c.container, host, ok)
		}
		container, ok := m.ToContainer(c.host)
		if ok != c.ok || ok && container != c.container {
			t.Errorf("host %d: have %d %v", c.host, container, ok)
		}
	}
}

func TestParse(t *testing.T) {
	m, err := Parse([]byte("         0       1000          1\n         1     100000      65536\n"))
	if err != nil || string(m.Text()) != "0 1000 1\n1 100000 65536\n" {
		t.Errorf("have %q %v", m.Text(), err)
	}
	for _, text := range []string{"0 1\n", "0 1 x\n", "0 1 4294967296\n", "-1 0 1\n"} {
		if m, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q: have %v, need an error", text, m)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("0 1000 1\n1 100000 65536\n"))
	f.Add([]byte("0 0 4294967295"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(m.Text())
		if err != nil || string(again.Text()) != string(m.Text()) {
			t.Fatalf("%q: have %v %v", text, again, err)
		}
		if m.Check("") != nil {
			return
		}
		for _, l := range m {
			if host, ok := m.ToHost(l.ContainerID); !ok || host != l.HostID {
				t.Fatalf("%v: container %d is %d %v", m, l.ContainerID, host, ok)
			}
		}
	})
}

func TestSelf(t *testing.T) {
	m, err := Self()
	if err != nil || len(m.UID) == 0 || len(m.GID) == 0 {
		t.Fatalf("have %v %v", m, err)
	}
	in, err := Inside()
	if err != nil || in == m.UID.all() {
		t.Errorf("inside %v %v, map %v", in, err, m.UID)
	}
}

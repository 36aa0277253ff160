package idmap

import (
	"reflect"
	"testing"
)

func TestParseGrants(t *testing.T) {
	have := ParseGrants([]byte("# comment\nalice:100000:65536\n\n1000:300000:65536\nbad\nbob:x:1\nbob:1:x\nbob:1:0\n" +
		"bob:4294967295:1\nbob:4294967294:1\ncarol:4294967290:10\n:1:1\nalice:500000:10"))
	want := []Grant{{"alice", 100000, 65536}, {"1000", 300000, 65536}, {"bob", 4294967294, 1}, {"alice", 500000, 10}}
	if !reflect.DeepEqual(have, want) {
		t.Errorf("have %v, need %v", have, want)
	}
}

func TestUserName(t *testing.T) {
	text := []byte("root:x:0:0:root:/root:/bin/sh\n1000:x:7:7::/:/\nalice:x:1000:1000::/:/\nx:1000\n")
	for uid, want := range map[int]string{0: "root", 1000: "alice", 7: "1000", 5: ""} {
		if have := UserName(text, uid); have != want {
			t.Errorf("%d: have %q, need %q", uid, have, want)
		}
	}
}

func TestStack(t *testing.T) {
	m := stack(1000, []Grant{{"a", 100000, 65536}, {"a", 100000, 65536}, {"a", 1000, 5}, {"a", 300000, 4000000000}})
	want := "0 1000 1\n1 100000 65536\n65537 300000 4000000000\n"
	if string(m.Text()) != want || m.Check("") != nil {
		t.Errorf("have %q", m.Text())
	}
	if err := stack(0, []Grant{{"a", 0, 4294967294}, {"a", 5, 4294967290}}).Check(""); err != nil {
		t.Error(err)
	}
}

func FuzzParseGrants(f *testing.F) {
	f.Add([]byte("alice:100000:65536\n1000:1:4294967294\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list := ParseGrants(text)
		if err := stack(1000, list).Check("/uidMappings"); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		UserName(text, 1000)
	})
}

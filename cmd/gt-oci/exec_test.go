package main

import (
	"strconv"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func TestParseUser(t *testing.T) {
	for text, want := range map[string][2]uint32{
		"0": {0, 7}, "1": {1, 7}, "01": {1, 7}, "1:2": {1, 2}, "4294967294:0": {1<<32 - 2, 0},
	} {
		u := specs.User{UID: 5, GID: 7}
		if err := parseUser(text, &u); err != nil || u.UID != want[0] || u.GID != want[1] {
			t.Errorf("%q: have %d:%d, %v, need %v", text, u.UID, u.GID, err, want)
		}
	}
	for _, text := range []string{
		"", ":", "1:", ":1", "-1", "+1", "1:+1", "1:-1", "4294967295", "1:4294967295", "4294967296", "9223372036854775808",
		"1:2:3", " 1", "0x1", "1_0", "root", "1\x00",
	} {
		u := specs.User{UID: 5, GID: 7}
		if err := parseUser(text, &u); err == nil || u.UID != 5 || u.GID != 7 {
			t.Errorf("%q: have %d:%d, need a refusal that changes nothing", text, u.UID, u.GID)
		}
	}
}

// FuzzParseUser: what is accepted is the number that is written there, and never
// the one that means no change (CVE-2024-40635); a refusal changes nothing.
func FuzzParseUser(f *testing.F) {
	for _, text := range []string{"0", "01:1", "4294967295", ":1", "1:", "+1", "-1", "99999999999999999999"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u := specs.User{UID: 5, GID: 7}
		if err := parseUser(text, &u); err != nil {
			if u.UID != 5 || u.GID != 7 {
				t.Errorf("%q: refused, and now %d:%d", text, u.UID, u.GID)
			}
			return
		}
		written, group, both := strings.Cut(text, ":")
		trim := func(s string) string {
			if s = strings.TrimLeft(s, "0"); s == "" {
				return "0"
			}
			return s
		}
		if trim(written) != strconv.FormatUint(uint64(u.UID), 10) || u.UID == 1<<32-1 || both && trim(group) != strconv.FormatUint(uint64(u.GID), 10) {
			t.Errorf("%q: have %d:%d", text, u.UID, u.GID)
		}
	})
}

package main

import "testing"

func TestBytes(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "-1": -1, "67108864": 1 << 26, "64m": 1 << 26, "64MB": 1 << 26, "1k": 1024, "2G": 2 << 30, "1t": 1 << 40, "5b": 5} {
		if have, ok := parseBytes(text); !ok || have != want {
			t.Errorf("%s: have %d, %v, need %d", text, have, ok, want)
		}
	}
	for _, text := range []string{"", "b", "m", "-2", "-1k", "1.5g", "9999999t", "1x", "mm", "1 m", "9223372036854775808"} {
		if have, ok := parseBytes(text); ok {
			t.Errorf("%q: have %d, need a refusal", text, have)
		}
	}
}

package limit

import "testing"

func TestMemory(t *testing.T) {
	for text, want := range map[string]int64{
		"512": 512 << 20, "1": 1 << 20, "0.5": 512 << 10, "1024b": 1024, "4k": 4096, "512m": 512 << 20,
		"512M": 512 << 20, "2g": 2 << 30, "1.5g": 3 << 29, "1t": 1 << 40, "64MiB": 64 << 20, "64kb": 64 << 10,
		"9223372036854775807b": 1<<63 - 1, "0.1k": 102, "007m": 7 << 20,
	} {
		if got, err := Memory(text); err != nil || got != want {
			t.Errorf("%q: have %d, %v, need %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "m", ".", "-1", "-512m", "+5", "0", "0m", "0.0000001b", "1e3", "0x10", "1/2", "1.2.3", "5x", "5 m", " 5",
		"NaN", "inf", "9223372036854775808b", "99999999999999t", "1_000", "٣m",
		"1111111111111111111111111111111111111111111111111111111111",
	} {
		if got, err := Memory(text); err == nil {
			t.Errorf("%q: have %d, need a refusal", text, got)
		}
	}
}

func TestCPU(t *testing.T) {
	for text, want := range map[string]int64{"1": 100_000, "1.0": 100_000, "0.5": 50_000, "2": 200_000, ".25": 25_000, "0.01": 1000} {
		if got, err := CPU(text); err != nil || got != want {
			t.Errorf("%q: have %d, %v, need %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "0.001", "-1", "NaN", "Inf", "1e9", "x", "99999999", "0x1p1"} {
		if got, err := CPU(text); err == nil {
			t.Errorf("%q: have %d, need a refusal", text, got)
		}
	}
}

func FuzzMemory(f *testing.F) {
	f.Add("1.5g")
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := Memory(s); err == nil && n <= 0 {
			t.Errorf("%q: %d", s, n)
		}
		if n, err := CPU(s); err == nil && n < minimal {
			t.Errorf("%q: %d", s, n)
		}
	})
}

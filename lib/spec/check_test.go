package spec

import (
	"encoding/json"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// merge lays a patch over a document (RFC 7396).
func merge(doc, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	d, ok := doc.(map[string]any)
	if !ok {
		d = map[string]any{}
	}
	for k, v := range p {
		if v == nil {
			delete(d, k)
		} else {
			d[k] = merge(d[k], v)
		}
	}
	return d
}

// patched is the default spec with a patch.
func patched(t testing.TB, patch string) *specs.Spec {
	t.Helper()
	var doc, p any
	for text, to := range map[string]*any{string(Default()): &doc, patch: &p} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	raw, err := json.Marshal(merge(doc, p))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCheckAccepts(t *testing.T) {
	for _, patch := range accepted {
		if err := Check(patched(t, patch)); err != nil {
			t.Errorf("%s: have %v, need none", patch, err)
		}
	}
	s, err := Decode(Rootless(1000, 1000))
	if err == nil {
		err = Check(s)
	}
	if err != nil {
		t.Errorf("rootless: %v", err)
	}
}

// TestCheckRefuses: one finding, which begins with the pointer and says both
// what is there and what is needed.
func TestCheckRefuses(t *testing.T) {
	for _, c := range refused {
		s := patched(t, c.patch)
		list := Findings(s)
		if len(list) != 1 {
			t.Errorf("%s: have %d findings %v, need 1", c.patch, len(list), list)
			continue
		}
		have := list[0].Error()
		if !strings.HasPrefix(have, c.want) || !strings.Contains(have, "need ") {
			t.Errorf("%s:\nhave %s\nneed %s", c.patch, have, c.want)
		}
		if err := Check(s); err == nil {
			t.Errorf("%s: Check is content", c.patch)
		}
	}
}

func TestFindingsListsAll(t *testing.T) {
	s := patched(t, `{"ociVersion":"2.0.0","root":null,"process":{"cwd":"tmp","user":{"uid":4294967295}}}`)
	var have []string
	for _, f := range Findings(s) {
		have = append(have, f.Member)
	}
	if want := "/ociVersion /root/path /process/cwd /process/user/uid"; strings.Join(have, " ") != want {
		t.Errorf("have %s, need %s", have, want)
	}
}

func TestCheckCleansDestinations(t *testing.T) {
	s := patched(t, `{"mounts":[{"destination":"tmp/../proc","type":"proc","source":"proc"}]}`)
	if err := Check(s); err != nil || s.Mounts[0].Destination != "/proc" {
		t.Errorf("have %q, %v", s.Mounts[0].Destination, err)
	}
}

func TestCheckResources(t *testing.T) {
	r, err := DecodeResources([]byte(`{"memory":{"limit":-2}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckResources("", r); err == nil || !strings.HasPrefix(err.Error(), "/memory/limit: have -2, need 0 or more") {
		t.Errorf("have %v", err)
	}
}

func BenchmarkRead(b *testing.B) {
	raw := Default()
	for b.Loop() {
		s, err := Decode(raw)
		if err == nil {
			err = Check(s)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, raw := range texts() {
		f.Add(raw)
	}
	for _, c := range refused {
		f.Add([]byte(c.patch))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := Decode(raw)
		if err != nil {
			return
		}
		wrong := len(Findings(s)) > 0
		if err := Check(s); (err != nil) != wrong {
			t.Errorf("have %v, need the same as Findings", err)
		}
	})
}

package landlock

import (
	"errors"
	"strings"
	"testing"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
)

func parse(text string) (*Rules, error) { return Parse(map[string]string{Annotation: text}) }

func TestParse(t *testing.T) {
	const readBits, rest3 = 1<<2 | 1<<3, 1<<15 - 1 - 1 - (1<<2 | 1<<3)
	for _, c := range []struct {
		text              string
		abi               int
		files, net, scope uint64
		paths             map[string]uint64
		ports             int
	}{
		{`{"paths":{"/":["read","execute"],"/tmp/":["read","write"]}}`, 3, 1<<15 - 1, 0, 0, map[string]uint64{"/": readBits | 1, "/tmp": readBits | rest3}, 0},
		{`{"paths":{}}`, 3, 1<<15 - 1, 0, 0, nil, 0},
		{`{"paths":{"/dev/tty":["ioctl_dev"]}}`, 5, 1<<16 - 1, 0, 0, map[string]uint64{"/dev/tty": 1 << 15}, 0},
		{`{"paths":{"/a":["write"]},"abi":5}`, 5, 1<<16 - 1, 0, 0, map[string]uint64{"/a": rest3 | 1<<15}, 0},
		{`{"paths":{"/a":["write"]},"abi":1}`, 1, 1<<13 - 1, 0, 0, map[string]uint64{"/a": (1<<13 - 1) &^ (readBits | 1)}, 0},
		{`{"bind":[80,443]}`, 4, 0, 1, 0, nil, 2},
		{`{"connect":[]}`, 4, 0, 2, 0, nil, 0},
		{`{"bind":[0],"connect":[65535]}`, 4, 0, 3, 0, nil, 2},
		{`{"scope":["signal","abstract_unix_socket"]}`, 6, 0, 0, 3, nil, 0},
		{`{"scope":["signal"],"abi":9}`, 9, 0, 0, 2, nil, 0},
	} {
		r, err := parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if r.ABI != c.abi || r.Files != c.files || r.Net != c.net || r.Scope != c.scope || len(r.Paths) != len(c.paths) || len(r.Ports) != c.ports {
			t.Errorf("%s: have %+v", c.text, r)
		}
		for _, p := range r.Paths {
			if p.Rights != c.paths[p.Name] {
				t.Errorf("%s: %s has %#x, need %#x", c.text, p.Name, p.Rights, c.paths[p.Name])
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:                                `have the end of the text, need a value`,
		`{}`:                              `have no rule, need paths, bind, connect or scope`,
		`[]`:                              `have an array, need an object`,
		`{"abi":3}`:                       `have no rule`,
		`{"abi":0,"bind":[]}`:             `/abi: have 0, need 1 or more`,
		`{"path":{}}`:                     `/path: unknown member`,
		`{"paths":{"tmp":["read"]}}`:      `/paths/tmp: have a relative path`,
		`{"paths":{"/a":["fly"]}}`:        `/paths/~1a: unknown right "fly", need read, write`,
		`{"paths":{"/a":[],"/a/":[]}}`:    `/paths/~1a~1: have the path twice`,
		`{"paths":{"/a":"read"}}`:         `/paths/~1a: have a string, need an array`,
		`{"bind":[65536]}`:                `/bind/0: have 65536, need a port`,
		`{"connect":[1,-1]}`:              `/connect/1: have -1, need a port`,
		`{"bind":["http"]}`:               `/bind/0: have a string`,
		`{"scope":["all"]}`:               `/scope/0: unknown scope "all"`,
		`{"scope":["signal"]} {"paths":1`: `need the end of the text`,
	} {
		_, err := parse(text)
		d := fail.Details(err)
		if err == nil || !strings.Contains(err.Error(), want) || d.Code != fail.CodeSpec || d.Member != Member {
			t.Errorf("%s: have %v, need %s", text, err, want)
		}
	}
	if r, err := Parse(map[string]string{"other": "x"}); r != nil || err != nil {
		t.Errorf("have %v %v", r, err)
	}
}

func TestSteps(t *testing.T) {
	r, err := parse(`{"paths":{"/tmp":["read"],"/none":[],"/":["execute"]},"bind":[80]}`)
	if err != nil {
		t.Fatal(err)
	}
	pl := &plan.Plan{}
	r.Prepare(pl)
	r.Restrict(pl)
	var have []string
	for _, s := range pl.Steps {
		have = append(have, s.Op.String()+" "+s.Path)
	}
	if want := "landlock ,landlock-rule /,landlock-rule /tmp,landlock-rule ,landlock-restrict "; strings.Join(have, ",") != want {
		t.Errorf("have %s", strings.Join(have, ","))
	}
	var none *Rules
	pl = &plan.Plan{}
	none.Prepare(pl)
	none.Restrict(pl)
	if len(pl.Steps) != 0 {
		t.Errorf("no rules make %d steps", len(pl.Steps))
	}
}

func TestHost(t *testing.T) {
	r, err := parse(`{"scope":[],"abi":99}`)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Host()
	var f *fail.Error
	if !errors.As(err, &f) || f.Code != fail.CodeKernel || !strings.Contains(err.Error(), "need ABI 99 (Linux newer than 6.15)") {
		t.Errorf("have %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"paths":{"/":["read","execute"]},"bind":[1],"scope":["signal"],"abi":5}`)
	f.Add(`{"connect":[],"paths":{"/~":[]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parse(text)
		if (r == nil) == (err == nil) {
			t.Fatalf("have %v and %v", r, err)
		}
		if err != nil {
			return
		}
		for _, p := range r.Paths {
			if p.Rights&^r.Files != 0 || p.Name[0] != '/' {
				t.Fatalf("have %+v in %+v", p, r)
			}
		}
	})
}

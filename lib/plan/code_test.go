package plan

import (
	"reflect"
	"runtime"
	"testing"
)

// decoded has steps whose strings are its own.
func decoded(t *testing.T, b []byte) ([]Step, uint8) {
	t.Helper()
	room := make([]byte, Room(len(b)))
	steps, why := Decode(b, room)
	own := make([]Step, len(steps))
	for i, s := range steps {
		for _, p := range []*string{&s.Path, &s.Source, &s.Type, &s.Data} {
			*p = string([]byte(*p))
		}
		s.Nums = append([]uint64(nil), s.Nums...)
		for _, l := range []*[]string{&s.Args, &s.Env} {
			var copies []string
			for _, text := range *l {
				copies = append(copies, string([]byte(text)))
			}
			*l = copies
		}
		own[i] = s
	}
	runtime.KeepAlive(b)
	runtime.KeepAlive(room)
	return own, why
}

func TestRoundTrip(t *testing.T) {
	p := &Plan{}
	p.Add(Step{Op: OpMount, Path: "/proc", Source: "proc", Type: "proc", Set: 14, FD: 3})
	p.Add(Step{Op: OpUser, UID: 1<<32 - 2, GID: 7, Nums: []uint64{1, 0, 1 << 40}})
	p.Add(Step{Op: OpExec, Path: "sh", Args: []string{"sh", "", "-c"}, Env: []string{"A=ü"}})
	q, why := decoded(t, p.Encode())
	if why != 0 || !reflect.DeepEqual(p.Steps, q) {
		t.Fatalf("have %+v, %v, need %+v", q, why, p.Steps)
	}
}

func TestOtherBuild(t *testing.T) {
	b := (&Plan{}).Encode()
	defer func(s string) { Stamp = s }(Stamp)
	Stamp = "other"
	if _, why := decoded(t, b); why != WhyStamp {
		t.Fatalf("have %v, need %v", why, WhyStamp)
	}
}

func TestEveryOpHasAName(t *testing.T) {
	for o := OpNone; o < opEnd; o++ {
		if o.String() == "" || o.String() == "unknown" {
			t.Errorf("op %d has no name", o)
		}
	}
}

func FuzzDecode(f *testing.F) {
	p := &Plan{}
	p.Add(Step{Op: OpExec, Path: "x", Args: []string{"a"}, Nums: []uint64{1}})
	f.Add(p.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		steps, why := decoded(t, b)
		if why != 0 {
			return
		}
		p := &Plan{Steps: steps}
		if q, why := decoded(t, p.Encode()); why != 0 || !reflect.DeepEqual(normal(steps), normal(q)) {
			t.Errorf("have %+v, need %+v", q, steps)
		}
	})
}

// normal has no lists of nothing.
func normal(steps []Step) []Step {
	for i := range steps {
		s := &steps[i]
		if len(s.Nums) == 0 {
			s.Nums = nil
		}
	}
	return steps
}

func TestTrouble(t *testing.T) {
	var b [MaxTrouble]byte
	for _, want := range []Trouble{{}, {Step: 300, Errno: 1 << 31, Why: WhyArch, Note: "arm64"}, {Step: 1 << 40, Note: string(make([]byte, maxNote))}} {
		have, err := DecodeTrouble(b[:PutTrouble(b[:], &want)])
		if err != nil || have != want {
			t.Errorf("have %+v, %v, need %+v", have, err, want)
		}
	}
	long := Trouble{Note: string(make([]byte, maxNote+1))}
	if have, err := DecodeTrouble(b[:PutTrouble(b[:], &long)]); err != nil || len(have.Note) != maxNote {
		t.Errorf("have %d bytes, %v, need %d", len(have.Note), err, maxNote)
	}
}

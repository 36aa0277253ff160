package tool

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEachReadsStates(t *testing.T) {
	web := `{"ociVersion":"1.2.0","id":"web","bundle":"/b","status":"creating","x":{"y":[1.50,null]}}`
	for _, c := range []struct {
		name, in, out, err string
		code               int
	}{
		{"one", web, "web", "", 0},
		{"two together", web + strings.ReplaceAll(web, "web", "db"), "web db", "", 0},
		{"lines", web + "\n\n" + strings.ReplaceAll(web, "web", "db") + "\n", "web db", "", 0},
		{"array", "[" + web + ",\n" + strings.ReplaceAll(web, "web", "db") + "]", "web db", "", 0},
		{"empty array", "[]", "", "", 0},
		{"runc's empty list", "null\n", "", "", 0},
		{"empty array and one", "[]" + web, "web", "", 0},
		{"nothing", "", "", "gt-test: create: stdin: have nothing, need OCI state JSON\n", 2},
		{"blank", " \n", "", "gt-test: create: stdin: have nothing, need OCI state JSON\n", 2},
		{"no JSON", "web\n", "", "gt-test: create: stdin: need OCI state JSON", 2},
		{"cut", `{"id":"web"`, "", "gt-test: create: stdin: need OCI state JSON", 2},
		{"no ID", `{"pid":1}`, "", "gt-test: create: stdin: have no member id, need OCI state JSON\n", 2},
		{
			"one fails", `{"id":"a"}{"id":"bad"}{"id":"c"}`, "a c",
			"gt-test: create bad: /mounts/0: mount /proc: operation not permitted (probed)\n", 1,
		},
		{
			"two fail", `[{"id":"bad1"},{"id":"b"},{"id":"bad2"}]`, "b",
			"gt-test: create bad1: /mounts/0: mount /proc: operation not permitted (probed)\n" +
				"gt-test: create bad2: /mounts/0: mount /proc: operation not permitted (probed)\n", 1,
		},
	} {
		code, out, errs := call(t, program(), c.in, "create")
		var ids []string
		for line := range strings.Lines(out) {
			var s struct {
				ID, Status string
				Pid        int
			}
			if err := json.Unmarshal([]byte(line), &s); err != nil || s.Status != "created" || s.Pid != 7 {
				t.Errorf("%s: have %s %v", c.name, line, err)
			}
			ids = append(ids, s.ID)
		}
		if code != c.code || strings.Join(ids, " ") != c.out || !strings.HasPrefix(errs, c.err) || c.err == "" && errs != "" {
			t.Errorf("%s:\nhave %d %v %q\nneed %d %s %q", c.name, code, ids, errs, c.code, c.out, c.err)
		}
	}
}

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		in, want string
		set      map[string]any
	}{
		{`{"b":1,"a":{"x":[1.50, 12345678901234567890]}}`, `{"a":{"x":[1.50,12345678901234567890]},"b":2,"c":"<é>"}`, map[string]any{"b": 2, "c": "<é>"}},
		{``, `{"pid":7}`, map[string]any{"pid": 7}},
		{`{"a":1}`, `{"a":1}`, nil},
	} {
		have, err := Merge([]byte(c.in), c.set)
		if err != nil || !same(t, have, []byte(c.want)) || strings.Contains(c.want, "1.50") && !strings.Contains(string(have), "12345678901234567890") {
			t.Errorf("%s: have %s %v, need %s", c.in, have, err, c.want)
		}
	}
	if b, err := Merge([]byte("[1]"), nil); err == nil {
		t.Errorf("have %s, need an error", b)
	}
}

func same(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return string(p) == string(q)
}

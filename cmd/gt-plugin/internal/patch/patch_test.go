package patch

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gophertainer/gophertainer/lib/plugin"
)

// The cases of RFC 6902, appendix A, and what plugins get wrong.
func TestApply(t *testing.T) {
	for _, c := range []struct{ doc, steps, want, err string }{
		{`{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux"}]`, `{"baz":"qux","foo":"bar"}`, ""},
		{`{"foo":["bar","baz"]}`, `[{"op":"add","path":"/foo/1","value":"qux"}]`, `{"foo":["bar","qux","baz"]}`, ""},
		{`{"foo":["bar"]}`, `[{"op":"add","path":"/foo/-","value":["a"]}]`, `{"foo":["bar",["a"]]}`, ""},
		{`{"baz":"qux","foo":"bar"}`, `[{"op":"remove","path":"/baz"}]`, `{"foo":"bar"}`, ""},
		{`{"foo":["bar","qux","baz"]}`, `[{"op":"remove","path":"/foo/1"}]`, `{"foo":["bar","baz"]}`, ""},
		{`{"baz":"qux","foo":"bar"}`, `[{"op":"replace","path":"/baz","value":"boo"}]`, `{"baz":"boo","foo":"bar"}`, ""},
		{`{"foo":{"bar":"baz","waldo":"fred"},"qux":{}}`, `[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]`, `{"foo":{"bar":"baz"},"qux":{"thud":"fred"}}`, ""},
		{`{"foo":["all","grass","cows","eat"]}`, `[{"op":"move","from":"/foo/1","path":"/foo/3"}]`, `{"foo":["all","cows","eat","grass"]}`, ""},
		{`{"a":{"b":1}}`, `[{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}]`, `{"a":{"b":1},"c":{"b":2}}`, ""},
		{`{"baz":"qux","foo":["a",2]}`, `[{"op":"test","path":"/foo/1","value":2}]`, `{"baz":"qux","foo":["a",2]}`, ""},
		{`{"baz":"qux"}`, `[{"op":"test","path":"/baz","value":"bar"}]`, "", "/patch/0: test /baz: the value is another one"},
		{`{"/":9,"~1":10}`, `[{"op":"test","path":"/~01","value":10},{"op":"remove","path":"/~1"}]`, `{"~1":10}`, ""},
		{`{"n":18446744073709551615}`, `[{"op":"add","path":"/m","value":1}]`, `{"m":1,"n":18446744073709551615}`, ""},
		{`{"a":1}`, `[{"op":"add","path":"","value":{"b":2}}]`, `{"b":2}`, ""},
		{`{"foo":"bar"}`, `[{"op":"add","path":"/baz/bat","value":"qux"}]`, "", `have no member "baz"`},
		{`{"foo":"bar"}`, `[{"op":"replace","path":"/baz","value":1}]`, "", `have no member "baz"`},
		{`{"foo":"bar"}`, `[{"op":"remove","path":"/baz"}]`, "", `have no member "baz"`},
		{`{"foo":["a"]}`, `[{"op":"add","path":"/foo/2","value":1}]`, "", `have index "2", need 0 to 1`},
		{`{"foo":["a"]}`, `[{"op":"add","path":"/foo/01","value":1}]`, "", `have index "01"`},
		{`{"foo":["a"]}`, `[{"op":"remove","path":"/foo/-"}]`, "", `have index "-"`},
		{`{"foo":"a"}`, `[{"op":"add","path":"/foo/x","value":1}]`, "", "its parent is no object"},
		{`{"a":{"b":1}}`, `[{"op":"move","from":"/a","path":"/a/b/c"}]`, "", "/a/b/c is inside of /a"},
		{`{}`, `[{"op":"add","path":"a","value":1}]`, "", "need one that begins with /"},
		{`{}`, `[{"op":"add","path":"/a"}]`, "", "have no value, need one"},
		{`{}`, `[{"op":"merge","path":"/a"}]`, "", `have operation "merge"`},
	} {
		var steps []plugin.PatchStep
		if err := json.Unmarshal([]byte(c.steps), &steps); err != nil {
			t.Fatal(err)
		}
		doc, err := Decode([]byte(c.doc))
		if err != nil {
			t.Fatal(err)
		}
		doc, err = Apply(doc, steps)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: have %v, need %q", c.steps, err, c.err)
			continue
		}
		if have, _ := json.Marshal(doc); err == nil && string(have) != c.want {
			t.Errorf("%s: have %s, need %s", c.steps, have, c.want)
		}
	}
}

func FuzzApply(f *testing.F) {
	f.Add(`{"a":[1,{"b":2}]}`, "move", "/a/1", "/a/-", `3`)
	f.Add(`[]`, "add", "", "/0", `{}`)
	f.Fuzz(func(t *testing.T, doc, op, from, path, value string) {
		v, err := Decode([]byte(doc))
		if err != nil {
			return
		}
		_, _ = Apply(v, []plugin.PatchStep{{Op: op, From: from, Path: path, Value: json.RawMessage(value)}})
	})
}

package json

import (
	std "encoding/json"
	"reflect"
	"strings"
	"testing"
)

// tree reads any value.
func tree(r *Reader) any {
	switch r.kind() {
	case "a string":
		return r.String()
	case "an object":
		m := map[string]any{}
		r.Object(func(name string) { m[name] = tree(r) })
		return m
	case "an array":
		list := []any{}
		r.Array(func(i int) {
			list = append(list, tree(r))
		})
		return list
	case "true or false":
		return r.Bool()
	case "a number":
		return std.Number(r.Raw())
	}
	r.Skip()
	return nil
}

func TestReader(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{``, `have the end of the text, need a value (line 1 column 1)`},
		{` {"a":1} `, ``},
		{`{"a":1,"a":{"b":[1,2,[]]}}`, ``},
		{`{"a":1}}`, `have '}', need the end of the text (line 1 column 8)`},
		{"{\"a\":1}\x00", `have '\x00', need the end of the text (line 1 column 8)`},
		{`{"a":1,}`, `have '}', need a member's name in quotes (line 1 column 8)`},
		{`{"a" 1}`, `have '1', need a colon (line 1 column 6)`},
		{`{"a":}`, `/a: have '}', need a value (line 1 column 6)`},
		{"{\n\"ä\": [1,\n 2 3]}", `/ä: have '3', need a comma or ] (line 3 column 4)`},
		{`[1,]`, `/1: have ']', need a value (line 1 column 4)`},
		{`{"a/b~":[0,"\x"]}`, `/a~1b~0/1: have 'x', need one of "\/bfnrtu after the backslash (line 1 column 14)`},
		{`"abc`, `have the end of the text, need the closing quote (line 1 column 5)`},
		{`"a\nbc`, `have the end of the text, need the closing quote (line 1 column 7)`},
		{"\"a\nb\"", `have '\n', need it escaped in a string (line 1 column 3)`},
		{"\"a\\t\nb\"", `have '\n', need it escaped in a string (line 1 column 5)`},
		{"\"a\xffb\"", `have the byte 0xff, need UTF-8 (line 1 column 3)`},
		{"\"\\n\uFFFDa\xffb\"", `have the byte 0xff, need UTF-8 (line 1 column 6)`},
		{`"\u00e9\ud83d\ude00\""`, ``},
		{`"\ud83d"`, `have half a surrogate pair, need both halves (line 1 column 2)`},
		{`"\u12g4"`, `have something else, need four hexadecimal digits after \u (line 1 column 2)`},
		{`01`, `have '1', need the end of the text (line 1 column 2)`},
		{`-`, `have the end of the text, need a digit (line 1 column 2)`},
		{`1.e`, `have 'e', need a digit (line 1 column 3)`},
		{`1e+`, `have the end of the text, need a digit (line 1 column 4)`},
		{`nul`, `have 'n', need a value (line 1 column 1)`},
		{`tru`, `have 't', need a value (line 1 column 1)`},
		{`+1`, `have '+', need a value (line 1 column 1)`},
		{strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), ``},
		{strings.Repeat("[", 1<<20), strings.Repeat("/0", MaxDepth) + `: have more, need at most 200 levels of nesting (line 1 column 201)`},
	} {
		r := NewReader([]byte(c.text))
		have := tree(r)
		err := r.End()
		if c.want != "" {
			if err == nil || err.Error() != c.want {
				t.Errorf("%.40q: have %v, need %s", c.text, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%.40q: %v", c.text, err)
			continue
		}
		d := std.NewDecoder(strings.NewReader(c.text))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil || !reflect.DeepEqual(have, want) {
			t.Errorf("%.40q: have %v, need %v, %v", c.text, have, want, err)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		text string
		read func(*Reader) any
		want any
		err  string
	}{
		{`{}`, func(r *Reader) any { return r.String() }, "", `have an object, need a string (line 1 column 1)`},
		{`"x"`, func(r *Reader) any { return r.Bool() }, false, `have a string, need true or false (line 1 column 1)`},
		{` true`, func(r *Reader) any { return r.Bool() }, true, ``},
		{`true`, func(r *Reader) any { return r.Int(64) }, int64(0), `have true or false, need a number (line 1 column 1)`},
		{`-128`, func(r *Reader) any { return r.Int(8) }, int64(-128), ``},
		{`  128`, func(r *Reader) any { return r.Int(8) }, int64(0), `have 128, need a number from -128 to 127 (line 1 column 3)`},
		{`1.0`, func(r *Reader) any { return r.Int(32) }, int64(0), `have 1.0, need a whole number from -2147483648 to 2147483647 (line 1 column 1)`},
		{`18446744073709551615`, func(r *Reader) any { return r.Uint(64) }, uint64(1<<64 - 1), ``},
		{`18446744073709551616`, func(r *Reader) any { return r.Uint(64) }, uint64(0), `have 18446744073709551616, need a number from 0 to 18446744073709551615 (line 1 column 1)`},
		{`-1`, func(r *Reader) any { return r.Uint(32) }, uint64(0), `have -1, need a number from 0 to 4294967295 (line 1 column 1)`},
		{`1.5e3`, func(r *Reader) any { return r.Float64() }, 1500.0, ``},
		{`1e999`, func(r *Reader) any { return r.Float64() }, 0.0, `have 1e999, need a number from -1.7e308 to 1.7e308 (line 1 column 1)`},
		{` [1, {"a":"]"}] `, func(r *Reader) any { return string(r.Raw()) }, `[1, {"a":"]"}]`, ``},
		{`null`, func(r *Reader) any { return r.Null() }, true, ``},
		{`null`, func(r *Reader) any {
			r.Object(func(string) { t.Error("null has a member") })
			return nil
		}, nil, ``},
		{`[null,null,null,null,null,1]`, func(r *Reader) any {
			var all []any
			r.Array(func(i int) {
				switch i {
				case 0:
					all = append(all, r.String())
				case 1:
					all = append(all, r.Bool())
				case 2:
					all = append(all, r.Int(32))
				case 3:
					all = append(all, r.Uint(32))
				case 4:
					all = append(all, r.Float64())
				case 5:
					all = append(all, r.Null())
				}
			})
			return all
		}, []any{"", false, int64(0), uint64(0), 0.0, false}, ``},
	} {
		r := NewReader([]byte(c.text))
		have := c.read(r)
		err := r.End()
		if !reflect.DeepEqual(have, c.want) || c.err == "" && err != nil || c.err != "" && (err == nil || err.Error() != c.err) {
			t.Errorf("%s: have %v, %v, need %v, %v", c.text, have, err, c.want, c.err)
		}
	}
}

func TestReadingCostsNothing(t *testing.T) {
	r := NewReader([]byte(`{"name":"value","list":["a","b",3],"on":true}`))
	if n := testing.AllocsPerRun(100, func() {
		r.pos = 0
		r.Object(func(name string) {
			if name == "name" {
				_ = r.String()
			}
		})
		if r.End() != nil {
			t.Error(r.Err())
		}
	}); n != 0 {
		t.Errorf("have %v allocations, need none", n)
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-2.5e3,true,false,null,"x\u00e9\ud83d\ude00"],"b":{}}`, ` [ ] `, `"\ud83d"`, `{"a":1,"a":2}`, "\"\xff\"", `1e999`, `-0`, `[1,]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := NewReader(text)
		have := tree(r)
		err := r.End()
		d := std.NewDecoder(strings.NewReader(string(text)))
		d.UseNumber()
		var want any
		theirs := d.Decode(&want)
		if theirs == nil && !std.Valid(text) {
			theirs = std.Unmarshal(text, &want)
		}
		if err != nil {
			e := err.(*Error)
			stricter := e.Want == "UTF-8" || e.Want == "both halves" || strings.HasPrefix(e.Want, "at most")
			if theirs == nil && !stricter {
				t.Fatalf("%q: %v, encoding/json takes it", text, err)
			}
			return
		}
		if theirs != nil || !reflect.DeepEqual(have, want) {
			t.Fatalf("%q: have %v, encoding/json has %v, %v", text, have, want, theirs)
		}
	})
}

package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// oracle is what encoding/json makes of a text once it is put as this package
// reads it: each member once, and nothing of other systems.
func oracle(t testing.TB, raw []byte) (canonical []byte, want *specs.Spec, err error) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, nil, err
	}
	v = strip(v, reflect.TypeFor[specs.Spec]())
	if canonical, err = json.Marshal(v); err != nil {
		t.Fatal(err)
	}
	want = &specs.Spec{}
	return canonical, want, json.Unmarshal(canonical, want)
}

// strip removes what only encoding/json takes: names in other case, and members
// of other systems.
func strip(v any, typ reflect.Type) any {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch x := v.(type) {
	case []any:
		if typ.Kind() == reflect.Slice {
			for i := range x {
				x[i] = strip(x[i], typ.Elem())
			}
		}
	case map[string]any:
		switch typ.Kind() {
		case reflect.Map:
			for k := range x {
				x[k] = strip(x[k], typ.Elem())
			}
		case reflect.Struct:
			stripMembers(x, typ)
		}
	}
	return v
}

func stripMembers(x map[string]any, typ reflect.Type) {
	for _, f := range reflect.VisibleFields(typ) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		platform, bound := f.Tag.Lookup("platform")
		for k := range x {
			switch {
			case k == name && (!bound || strings.Contains(platform, "linux")):
				x[k] = strip(x[k], f.Type)
			case strings.EqualFold(k, name):
				delete(x, k)
			}
		}
	}
}

func compare(t *testing.T, raw []byte) {
	t.Helper()
	canonical, want, wantErr := oracle(t, raw)
	if canonical == nil {
		if _, err := Decode(raw); err == nil {
			t.Errorf("have no fault, need one: encoding/json says %v", wantErr)
		}
		return
	}
	have, err := Decode(canonical)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%s\nhave %v, need %v", canonical, err, wantErr)
	}
	if err == nil && !reflect.DeepEqual(have, want) {
		h, _ := json.Marshal(have)
		w, _ := json.Marshal(want)
		t.Errorf("%s\nhave %s\nneed %s", canonical, h, w)
	}
	if err == nil {
		compareText(t, have)
	}
}

// compareText: what Encode writes is what encoding/json does, and is read back
// as the same.
func compareText(t *testing.T, s *specs.Spec) {
	t.Helper()
	text := Encode(s)
	want, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var h, w any
	if err := errors.Join(json.Unmarshal(text, &h), json.Unmarshal(want, &w)); err != nil || !reflect.DeepEqual(h, w) {
		t.Errorf("have %s\nneed %s\n%v", text, want, err)
	}
	if again, err := Decode(text); err != nil || !bytes.Equal(Encode(again), text) {
		t.Errorf("%s\nread back: %v", text, err)
	}
}

func texts() [][]byte {
	return [][]byte{Default(), Rootless(1000, 1000), full(reflect.TypeFor[specs.Spec]())}
}

// full is a text with every member, of a value that is not zero.
func full(t reflect.Type) []byte {
	n := 0
	v := reflect.New(t)
	fill(v.Elem(), &n)
	text, err := json.Marshal(v.Interface())
	if err != nil {
		panic(err)
	}
	return text
}

func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, k := range []string{"a/~b", "c"} {
			e := reflect.New(v.Type().Elem()).Elem()
			fill(e, n)
			v.SetMapIndex(reflect.ValueOf(k), e)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.String:
		v.SetString("w" + strings.Repeat("x", *n%7))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Interface:
	default:
		if v.CanInt() {
			v.SetInt(int64(*n))
		} else {
			v.SetUint(uint64(*n))
		}
	}
}

// TestDecode covers every member: one that the decoder forgot would stay zero.
func TestDecode(t *testing.T) {
	for _, raw := range texts() {
		compare(t, raw)
	}
}

func TestDecodeFaults(t *testing.T) {
	for _, c := range []struct{ text, member, words string }{
		{``, "", "broken JSON: have the end of the text"},
		{`{"ociVersion":`, "", "broken JSON"},
		{`{} x`, "", "need the end of the text"},
		{`[]`, "", "have an array, need an object"},
		{`{"process":{"args":5}}`, "/process/args", "have a number, need an array"},
		{`{"process":{"args":["a",false]}}`, "/process/args/1", "need a string"},
		{`{"process":{"user":{"uid":-1}}}`, "/process/user/uid", "have -1, need a number from 0 to 4294967295"},
		{`{"process":{"user":{"uid":4294967296}}}`, "/process/user/uid", "have 4294967296"},
		{`{"process":{"terminal":"yes"}}`, "/process/terminal", "need true or false"},
		{`{"linux":{"sysctl":{"a/b":1}}}`, "/linux/sysctl/a~1b", "need a string"},
		{`{"linux":{"namespaces":[{"type":"pid"},{"type":1}]}}`, "/linux/namespaces/1/type", "line 1 column 48"},
		{`{"linux":{"resources":{"memory":{"limit":1.5}}}}`, "/linux/resources/memory/limit", "whole number"},
		{`{"x":` + strings.Repeat("[", 300), "", "levels of nesting"},
	} {
		_, err := Decode([]byte(c.text))
		var f *fail.Error
		if !errors.As(err, &f) || f.Code != fail.CodeSpec || f.Member != c.member || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%.60s: have %v, need %s: %s", c.text, err, c.member, c.words)
		}
	}
}

func TestDecodeParts(t *testing.T) {
	p, err := DecodeProcess([]byte(`{"args":["a"],"cwd":"/","unknown":{"x":[]},"user":null,"rlimits":null}`))
	if err != nil || !slices.Equal(p.Args, []string{"a"}) || p.Cwd != "/" || p.Rlimits != nil {
		t.Errorf("have %+v, %v", p, err)
	}
	r, err := DecodeResources([]byte(`{"blockIO":{"weightDevice":[{"major":8,"minor":1,"weight":5}]}}`))
	if err != nil || r.BlockIO.WeightDevice[0].Minor != 1 || *r.BlockIO.WeightDevice[0].Weight != 5 {
		t.Errorf("have %+v, %v", r, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, raw := range texts() {
		f.Add(raw)
	}
	f.Add([]byte(`{"process":{"args":["a",null],"user":null},"linux":{"sysctl":{"a":null},"devices":[null]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := Decode(raw); err == nil && !json.Valid(raw) {
			t.Errorf("have no fault, need one")
		}
		if strings.Count(string(raw), "[")+strings.Count(string(raw), "{") < 150 { // below the depth that is refused
			compare(t, raw)
		}
	})
}

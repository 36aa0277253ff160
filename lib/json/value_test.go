package json

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestValue(t *testing.T) {
	v := map[string]any{
		"none": nil, "word": "a\"b\\{[,:", "yes": true, "n": -1, "big": uint64(1) << 63, "long": int64(-5),
		"words": []string{"x", "y"}, "pids": []int{1, 2}, "any": []any{}, "labels": map[string]string{"b": "2", "a": "1"},
		"raw": json.RawMessage(`{"k":[1]}`), "counts": map[string]uint64{}, "deep": map[string]any{"er": []any{map[string]any{}, "s"}},
	}
	var w Writer
	w.Value(v)
	want, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(w.Bytes(), want) {
		t.Errorf("have %s\nneed %s", w.Bytes(), want)
	}
	var spread bytes.Buffer
	if err := json.Indent(&spread, want, "", "  "); err != nil {
		t.Fatal(err)
	}
	if have := Indent(want); !bytes.Equal(have, spread.Bytes()) {
		t.Errorf("have %s\nneed %s", have, spread.Bytes())
	}
}

func TestValueRefusesOtherTypes(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("have no panic, need one")
		}
	}()
	new(Writer).Value(struct{}{})
}

func TestMore(t *testing.T) {
	r := NewReader([]byte(" {} [1]\n\"x\" "))
	var have []string
	for r.More() {
		have = append(have, string(r.Raw()))
	}
	if err := r.End(); err != nil || len(have) != 3 || have[1] != "[1]" {
		t.Errorf("have %q, %v", have, err)
	}
}

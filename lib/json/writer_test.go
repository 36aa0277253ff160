package json

import (
	std "encoding/json"
	"testing"
)

func TestWriter(t *testing.T) {
	var w Writer
	w.Object()
	w.Name("empty")
	w.Object()
	w.EndObject()
	w.Name("list")
	w.Array()
	w.String("a,{[:\n")
	w.Int(-1)
	w.Uint(1<<64 - 1)
	w.Bool(true)
	w.Null()
	w.Array()
	w.EndArray()
	w.Raw([]byte(`{"x":1}`))
	w.EndArray()
	w.Name("<&>")
	w.String("")
	w.EndObject()
	w.Line()
	w.Int(7)
	w.Line()
	const want = `{"empty":{},"list":["a,{[:\n",-1,18446744073709551615,true,null,[],{"x":1}],"<&>":""}` + "\n7\n"
	if have := string(w.Bytes()); have != want {
		t.Errorf("have %s, need %s", have, want)
	}
}

// TestWriterStrings: text that ends like an opening bracket takes its comma.
func TestWriterStrings(t *testing.T) {
	var w Writer
	w.Array()
	for _, s := range []string{"{", "[", ":", "\n", ""} {
		w.String(s)
	}
	w.EndArray()
	if !std.Valid(w.Bytes()) {
		t.Errorf("have %s", w.Bytes())
	}
}

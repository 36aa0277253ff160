package spec

import (
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/json"
)

// Encode is the text of a config.json, in one line.
func Encode(s *specs.Spec) []byte {
	var w json.Writer
	writeSpec(&w, s)
	w.Line()
	return w.Bytes()
}

func pointed[T any](w *json.Writer, v *T, write func(*json.Writer, *T)) {
	if v == nil {
		w.Null()
		return
	}
	write(w, v)
}

func array[T any](w *json.Writer, l []T, write func(*json.Writer, *T)) {
	if l == nil {
		w.Null()
		return
	}
	w.Array()
	for i := range l {
		write(w, &l[i])
	}
	w.EndArray()
}

// table writes the members in the order of their names, as encoding/json does.
func table[T any](w *json.Writer, m map[string]T, write func(*json.Writer, *T)) {
	if m == nil {
		w.Null()
		return
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	w.Object()
	for _, name := range names {
		v := m[name]
		w.Name(name)
		write(w, &v)
	}
	w.EndObject()
}

func words[T ~string](w *json.Writer, v *T) { w.String(string(*v)) }

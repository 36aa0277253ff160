package json

import (
	"fmt"
	"maps"
	"slices"
)

// Value adds a value whose type is known only when the program runs: nil,
// string, bool, int, int64, uint64, slices of string, int and any, maps from
// string to string, uint64 and any, and what has MarshalJSON, as json.RawMessage
// of encoding/json. Members of a map stand in order of name. Another type is a
// bug of the caller, and panics.
func (w *Writer) Value(v any) {
	switch v := v.(type) {
	case nil:
		w.Null()
	case string:
		w.String(v)
	case bool:
		w.Bool(v)
	case int:
		w.Int(int64(v))
	case int64:
		w.Int(v)
	case uint64:
		w.Uint(v)
	case []string:
		array(w, v)
	case []int:
		array(w, v)
	case []any:
		array(w, v)
	case map[string]string:
		members(w, v)
	case map[string]uint64:
		members(w, v)
	case map[string]any:
		members(w, v)
	case interface{ MarshalJSON() ([]byte, error) }:
		text, err := v.MarshalJSON()
		if err != nil {
			panic(err)
		}
		w.Raw(text)
	default:
		panic(fmt.Sprintf("json: have a %T, need a type that Value lists", v))
	}
}

func array[T any](w *Writer, list []T) {
	w.Array()
	for _, v := range list {
		w.Value(v)
	}
	w.EndArray()
}

func members[T any](w *Writer, m map[string]T) {
	w.Object()
	for _, name := range slices.Sorted(maps.Keys(m)) {
		w.Name(name)
		w.Value(m[name])
	}
	w.EndObject()
}

// Indent spreads a text over lines, two spaces a level, as people read it. The
// text has to be JSON without white space, as a Writer makes it.
func Indent(text []byte) []byte {
	var b []byte
	depth, quoted := 0, false
	line := func() {
		b = append(b, '\n')
		for range depth {
			b = append(b, "  "...)
		}
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted:
			switch c {
			case '\\':
				b = append(b, c)
				i++
				c = text[i]
			case '"':
				quoted = false
			}
			b = append(b, c)
		case (c == '{' || c == '[') && i+1 < len(text) && text[i+1] == c+2:
			b = append(b, c, c+2)
			i++
		case c == '{' || c == '[':
			b = append(b, c)
			depth++
			line()
		case c == '}' || c == ']':
			depth--
			line()
			b = append(b, c)
		case c == ',':
			b = append(b, c)
			line()
		case c == ':':
			b = append(b, ':', ' ')
		default:
			quoted = c == '"'
			b = append(b, c)
		}
	}
	return b
}

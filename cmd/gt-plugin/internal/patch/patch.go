// Package patch applies a JSON Patch (RFC 6902). Numbers keep their text.
package patch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// Decode reads one document with numbers as json.Number.
func Decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fail.New(fail.CodeInput, "decode JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fail.New(fail.CodeInput, "decode JSON: have more than one document")
	}
	return v, nil
}

// Apply changes doc step by step and returns the result; doc is of no use
// after an error.
func Apply(doc any, steps []plugin.PatchStep) (any, error) {
	for i, s := range steps {
		var err error
		if doc, err = one(doc, s); err != nil {
			return nil, fail.New(fail.CodeInput, "/patch/%d: %s %s: %w", i, s.Op, s.Path, err)
		}
	}
	return doc, nil
}

func one(doc any, s plugin.PatchStep) (any, error) {
	path, err := parse(s.Path)
	if err != nil {
		return nil, err
	}
	switch s.Op {
	case "add", "replace", "test":
		if len(s.Value) == 0 {
			return nil, fmt.Errorf("have no value, need one")
		}
		v, err := Decode(s.Value)
		if err != nil {
			return nil, err
		}
		if s.Op == "test" {
			return test(doc, path, v)
		}
		if s.Op == "replace" {
			if _, err := get(doc, path); err != nil {
				return nil, err
			}
			return edit(doc, path, func(any) (any, error) { return v, nil })
		}
		return add(doc, path, v)
	case "remove":
		return remove(doc, path)
	case "copy", "move":
		return transfer(doc, s, path)
	}
	return nil, fmt.Errorf("have operation %q, need add, remove, replace, move, copy or test", s.Op)
}

func transfer(doc any, s plugin.PatchStep, path []string) (any, error) {
	from, err := parse(s.From)
	if err != nil {
		return nil, err
	}
	v, err := get(doc, from)
	if err != nil {
		return nil, err
	}
	if s.Op == "move" {
		if strings.HasPrefix(s.Path, s.From+"/") {
			return nil, fmt.Errorf("%s is inside of %s", s.Path, s.From)
		}
		if doc, err = remove(doc, from); err != nil {
			return nil, err
		}
		return add(doc, path, v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if v, err = Decode(b); err != nil {
		return nil, err
	}
	return add(doc, path, v)
}

func test(doc any, path []string, v any) (any, error) {
	have, err := get(doc, path)
	if err != nil {
		return nil, err
	}
	if !reflect.DeepEqual(have, v) {
		return nil, fmt.Errorf("the value is another one")
	}
	return doc, nil
}

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

func parse(pointer string) ([]string, error) {
	if pointer == "" {
		return nil, nil
	}
	if pointer[0] != '/' {
		return nil, fmt.Errorf("have pointer %q, need one that begins with /", pointer)
	}
	parts := strings.Split(pointer[1:], "/")
	for i := range parts {
		parts[i] = unescape.Replace(parts[i])
	}
	return parts, nil
}

func get(doc any, path []string) (any, error) {
	for _, key := range path {
		switch v := doc.(type) {
		case map[string]any:
			next, ok := v[key]
			if !ok {
				return nil, fmt.Errorf("have no member %q", key)
			}
			doc = next
		case []any:
			i, err := index(key, len(v)-1)
			if err != nil {
				return nil, err
			}
			doc = v[i]
		default:
			return nil, fmt.Errorf("have no member %q: its parent is no object and no array", key)
		}
	}
	return doc, nil
}

// edit replaces the value at path by what f makes of it.
func edit(doc any, path []string, f func(any) (any, error)) (any, error) {
	if len(path) == 0 {
		return f(doc)
	}
	child, err := get(doc, path[:1])
	if err != nil {
		return nil, err
	}
	if child, err = edit(child, path[1:], f); err != nil {
		return nil, err
	}
	switch v := doc.(type) {
	case map[string]any:
		v[path[0]] = child
	case []any:
		i, _ := index(path[0], len(v)-1)
		v[i] = child
	}
	return doc, nil
}

func add(doc any, path []string, value any) (any, error) {
	if len(path) == 0 {
		return value, nil
	}
	last := path[len(path)-1]
	return edit(doc, path[:len(path)-1], func(parent any) (any, error) {
		switch v := parent.(type) {
		case map[string]any:
			v[last] = value
			return v, nil
		case []any:
			if last == "-" {
				return append(v, value), nil
			}
			i, err := index(last, len(v))
			if err != nil {
				return nil, err
			}
			return append(v[:i:i], append([]any{value}, v[i:]...)...), nil
		}
		return nil, fmt.Errorf("its parent is no object and no array")
	})
}

func remove(doc any, path []string) (any, error) {
	if len(path) == 0 {
		return nil, nil
	}
	last := path[len(path)-1]
	return edit(doc, path[:len(path)-1], func(parent any) (any, error) {
		if _, err := get(parent, []string{last}); err != nil {
			return nil, err
		}
		if v, ok := parent.(map[string]any); ok {
			delete(v, last)
			return v, nil
		}
		v := parent.([]any)
		i, _ := index(last, len(v)-1)
		return append(v[:i:i], v[i+1:]...), nil
	})
}

// index reads an array index: digits without a leading zero.
func index(key string, most int) (int, error) {
	i, err := strconv.Atoi(key)
	if err != nil || i < 0 || i > most || strconv.Itoa(i) != key {
		return 0, fmt.Errorf("have index %q, need 0 to %d", key, most)
	}
	return i, nil
}

package json

import (
	"strings"
	"testing"
)

func TestWatch(t *testing.T) {
	r := NewReader([]byte(`{"a":1,"b/c":{"d":[1]},"e":[{"f":1,"g":2},{"f":3}],"h":null}`))
	var have []string
	r.Watch(func(pointer string) { have = append(have, pointer) })
	r.Object(func(name string) {
		if name != "e" {
			return
		}
		r.Array(func(int) {
			r.Object(func(name string) {
				if name == "f" {
					r.Int(8)
				}
			})
		})
	})
	if err := r.End(); err != nil || strings.Join(have, " ") != "/a /b~1c /e/0/g /h" {
		t.Errorf("have %q, %v", have, err)
	}
}

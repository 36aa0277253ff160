package spec

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/json"
)

// Unknown lists the members that Decode passes over, by pointer: of other
// systems, of later versions, of nobody, or misspelled.
func Unknown(raw []byte) []string {
	var list []string
	r := json.NewReader(raw)
	r.Watch(func(pointer string) { list = append(list, pointer) })
	readSpec(r, new(specs.Spec))
	return list
}

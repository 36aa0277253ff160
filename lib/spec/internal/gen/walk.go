package main

import (
	"reflect"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// A family is one generated file: what its roots reach and no family before it
// has.
type family struct {
	name  string
	roots []reflect.Type
	types []reflect.Type
}

func families() []*family {
	list := []*family{
		{name: "process", roots: []reflect.Type{reflect.TypeFor[specs.Process]()}},
		{name: "resources", roots: []reflect.Type{reflect.TypeFor[specs.LinuxResources]()}},
		{name: "seccomp", roots: []reflect.Type{reflect.TypeFor[specs.LinuxSeccomp]()}},
		{name: "linux", roots: []reflect.Type{reflect.TypeFor[specs.Linux]()}},
		{name: "spec", roots: []reflect.Type{reflect.TypeFor[specs.Spec]()}},
	}
	seen := map[reflect.Type]bool{}
	for _, f := range list {
		for _, t := range f.roots {
			f.reach(t, seen)
		}
	}
	return list
}

// reach adds a struct and what it leads to, in order of appearance.
func (f *family) reach(t reflect.Type, seen map[reflect.Type]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		f.reach(t.Elem(), seen)
	case reflect.Struct:
		if seen[t] {
			return
		}
		seen[t] = true
		f.types = append(f.types, t)
		for _, m := range members(t) {
			f.reach(m.typ, seen)
		}
	}
}

// A member is one member of a JSON object and the Go field that keeps it.
type member struct {
	name, field string
	typ         reflect.Type
	omit        bool // if it is empty
}

// members are those that Linux knows; embedded ones stand for themselves.
func members(t reflect.Type) []member {
	var list []member
	for f := range t.Fields() {
		if f.Anonymous {
			list = append(list, members(f.Type)...)
			continue
		}
		name, how, _ := strings.Cut(f.Tag.Get("json"), ",")
		platform, bound := f.Tag.Lookup("platform")
		if name == "" || name == "-" || bound && !strings.Contains(platform, "linux") {
			continue
		}
		list = append(list, member{name, f.Name, f.Type, how == "omitempty"})
	}
	return list
}

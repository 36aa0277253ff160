package plugin

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// schemaFile is what docs/plugins.md points to.
const schemaFile = "../../docs/plugins.schema.json"

var methods = []string{
	MethodInfo, MethodInitialize, MethodStart, MethodStop, MethodCleanup, MethodHealth, MethodEvent, MethodMount, MethodUnmount,
	MethodSnapshot, MethodSetup, MethodTeardown, MethodCollect, MethodStatus, MethodAdjust, MethodCheck,
}

// types are what goes over the wire.
var types = []any{
	Request{},
	Response{},
	Error{},
	PluginInfo{},
	PluginConfigSchema{},
	PluginConfigProperty{},
	PluginNeeds{},
	PluginPath{},
	InitializeParams{},
	PluginEvent{},
	MountParams{},
	UnmountParams{},
	SnapshotParams{},
	NetworkParams{},
	NetworkResult{},
	HealthStatus{},
	SpecRequest{},
	Adjustment{},
	PatchStep{},
	Verdict{},
}

// TestSchemaIsTheTypes holds the schema to the types: the same members, the same methods.
func TestSchemaIsTheTypes(t *testing.T) {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	slices.Sort(methods)
	for _, part := range []string{"params", "results"} {
		var by map[string]json.RawMessage
		if err := json.Unmarshal(schema.Defs[part], &by); err != nil {
			t.Fatal(err)
		}
		if have := slices.Sorted(maps.Keys(by)); !slices.Equal(have, methods) {
			t.Errorf("%s: have methods %v, need %v", part, have, methods)
		}
	}
	for _, v := range types {
		name := reflect.TypeOf(v).Name()
		name = strings.ToLower(name[:1]) + name[1:]
		var def struct {
			Properties map[string]any
		}
		if err := json.Unmarshal(schema.Defs[name], &def); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		have, want := slices.Sorted(maps.Keys(def.Properties)), members(reflect.TypeOf(v))
		if !slices.Equal(have, want) {
			t.Errorf("%s: the schema has %v, the type %v", name, have, want)
		}
	}
	for _, ref := range strings.Split(string(text), `"#/$defs/`)[1:] {
		name, _, _ := strings.Cut(ref, `"`)
		if schema.Defs[name] == nil {
			t.Errorf("have a reference to %s, which is not there", name)
		}
	}
}

// members are the JSON names of a type's fields, with those it embeds.
func members(t reflect.Type) []string {
	var list []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			list = append(list, members(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

package plugin

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
)

// PluginConfigSchema says which members a plugin's configuration has. Members
// that it does not name are handed to the plugin unless Strict is set; name and
// enabled belong to gt-plugin and are never among them.
type PluginConfigSchema struct {
	Properties map[string]PluginConfigProperty `json:"properties,omitempty"`
	Required   []string                        `json:"required,omitempty"`
	Strict     bool                            `json:"strict,omitempty"`
}

// PluginConfigProperty is one member.
type PluginConfigProperty struct {
	Type        string        `json:"type"` // string, integer, number, boolean, array or object
	Default     interface{}   `json:"default,omitempty"`
	Description string        `json:"description,omitempty"`
	Enum        []interface{} `json:"enum,omitempty"`
	Minimum     *float64      `json:"minimum,omitempty"`
	Maximum     *float64      `json:"maximum,omitempty"`
	// Items is the type of an array's elements; empty is any.
	Items string `json:"items,omitempty"`
}

// kinds are the words a Type may be.
var kinds = []string{"string", "integer", "number", "boolean", "array", "object"}

// Check tells whether the schema itself makes sense, defaults included.
func (s *PluginConfigSchema) Check() error {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		if !slices.Contains(kinds, p.Type) {
			return fmt.Errorf("/config/properties/%s/type: have %q, need one of %v", name, p.Type, kinds)
		}
		if p.Default != nil {
			if err := p.check(p.Default); err != nil {
				return fmt.Errorf("/config/properties/%s/default: %w", name, err)
			}
		}
	}
	for i, name := range s.Required {
		if _, ok := s.Properties[name]; !ok {
			return fmt.Errorf("/config/required/%d: have %q, need one of the properties", i, name)
		}
	}
	return nil
}

// Apply checks a configuration and returns it with the defaults filled in. The
// error begins with the JSON pointer of the member.
func (s *PluginConfigSchema) Apply(config map[string]interface{}) (map[string]interface{}, error) {
	out := maps.Clone(config)
	if out == nil {
		out = map[string]interface{}{}
	}
	for name, p := range s.Properties {
		if _, ok := out[name]; !ok && p.Default != nil {
			out[name] = p.Default
		}
	}
	for _, name := range s.Required {
		if _, ok := out[name]; !ok {
			return nil, fmt.Errorf("/%s: have nothing, need a %s", name, s.Properties[name].Type)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(out)) {
		p, ok := s.Properties[name]
		if !ok && s.Strict {
			return nil, fmt.Errorf("/%s: unknown, need one of %v", name, slices.Sorted(maps.Keys(s.Properties)))
		}
		if !ok {
			continue
		}
		if err := p.check(out[name]); err != nil {
			return nil, fmt.Errorf("/%s: %w", name, err)
		}
	}
	return out, nil
}

func (p *PluginConfigProperty) check(v interface{}) error {
	n, isNumber := v.(float64)
	if i, ok := v.(int); ok { // a default written in Go
		n, isNumber = float64(i), true
	}
	if have := kindOf(v); have != p.Type && (p.Type != "integer" || !isNumber || n != math.Trunc(n)) {
		return fmt.Errorf("have a %s, need a %s", have, p.Type)
	}
	if isNumber && p.Minimum != nil && n < *p.Minimum {
		return fmt.Errorf("have %v, need %v or more", v, *p.Minimum)
	}
	if isNumber && p.Maximum != nil && n > *p.Maximum {
		return fmt.Errorf("have %v, need %v or less", v, *p.Maximum)
	}
	if p.Enum != nil && !slices.ContainsFunc(p.Enum, func(e interface{}) bool { return reflect.DeepEqual(e, v) }) {
		return fmt.Errorf("have %v, need one of %v", v, p.Enum)
	}
	list, ok := v.([]interface{})
	if !ok || p.Items == "" {
		return nil
	}
	for i, e := range list {
		if err := (&PluginConfigProperty{Type: p.Items}).check(e); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	return nil
}

func kindOf(v interface{}) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64, int:
		return "number"
	case []interface{}, []string:
		return "array"
	}
	return "object"
}

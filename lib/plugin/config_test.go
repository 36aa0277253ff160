package plugin

import (
	"strings"
	"testing"
)

func float(f float64) *float64 { return &f }

var schema = PluginConfigSchema{
	Properties: map[string]PluginConfigProperty{
		"path":  {Type: "string", Default: "/var/lib/x"},
		"size":  {Type: "integer", Minimum: float(1), Maximum: float(10)},
		"ratio": {Type: "number", Default: 0.5},
		"on":    {Type: "boolean"},
		"mode":  {Type: "string", Enum: []interface{}{"fast", "safe"}},
		"tags":  {Type: "array", Items: "string"},
		"more":  {Type: "object"},
	},
	Required: []string{"size"},
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		config map[string]interface{}
		err    string
	}{
		{map[string]interface{}{"size": 3.0}, ""},
		{map[string]interface{}{"size": 3.0, "custom_option": "value"}, ""},
		{map[string]interface{}{"size": 3.0, "tags": []interface{}{"a"}, "more": map[string]interface{}{}, "on": false, "mode": "safe"}, ""},
		{nil, "/size: have nothing, need a integer"},
		{map[string]interface{}{"size": 3.5}, "/size: have a number, need a integer"},
		{map[string]interface{}{"size": "3"}, "/size: have a string, need a integer"},
		{map[string]interface{}{"size": 0.0}, "/size: have 0, need 1 or more"},
		{map[string]interface{}{"size": 11.0}, "/size: have 11, need 10 or less"},
		{map[string]interface{}{"size": 3.0, "path": nil}, "/path: have a null, need a string"},
		{map[string]interface{}{"size": 3.0, "mode": "slow"}, "/mode: have slow, need one of [fast safe]"},
		{map[string]interface{}{"size": 3.0, "tags": []interface{}{"a", 1.0}}, "/tags: element 1: have a number, need a string"},
	} {
		out, err := schema.Apply(c.config)
		if (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%v: have %v, need %q", c.config, err, c.err)
		}
		if err == nil && (out["path"] != "/var/lib/x" || out["ratio"] != 0.5) {
			t.Errorf("%v: have %v, need the defaults", c.config, out)
		}
	}
	strict := schema
	strict.Strict = true
	if _, err := strict.Apply(map[string]interface{}{"size": 3.0, "sise": 4.0}); err == nil || !strings.HasPrefix(err.Error(), "/sise: unknown, need one of [mode") {
		t.Errorf("have %v", err)
	}
}

func TestSchema(t *testing.T) {
	if err := schema.Check(); err != nil {
		t.Error(err)
	}
	for want, s := range map[string]PluginConfigSchema{
		"/config/properties/a/type: have \"text\"":            {Properties: map[string]PluginConfigProperty{"a": {Type: "text"}}},
		"/config/properties/a/default: have a string, need":   {Properties: map[string]PluginConfigProperty{"a": {Type: "boolean", Default: "x"}}},
		"/config/required/0: have \"b\", need one of the pro": {Required: []string{"b"}},
	} {
		if err := s.Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("have %v, need %s", err, want)
		}
	}
}

func TestEventPatterns(t *testing.T) {
	for _, c := range []struct {
		want, event PluginEventType
		ok          bool
	}{
		{"container.start", "container.start", true},
		{"container.start", "container.started", false},
		{"container.*", "container.start", true},
		{"container.*", "network.setup", false},
		{"*", "network.setup", true},
		{"", "network.setup", false},
	} {
		if c.want.Matches(c.event) != c.ok {
			t.Errorf("%s and %s: need %v", c.want, c.event, c.ok)
		}
	}
}

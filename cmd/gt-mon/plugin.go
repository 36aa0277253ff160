package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/plugin/ask"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// eof closes an OpenMetrics text.
var eof = []byte("# EOF\n")

// withPlugins adds what the loaded monitoring plugins measure: each number
// becomes a sample, a member of a member its path. A plugin that is asked in
// vain costs its own samples only.
func withPlugins(c *tool.Call, text []byte) []byte {
	answers, err := ask.All(c.Root, string(plugin.PluginTypeMonitoring), ask.Call{Method: plugin.MethodCollect})
	if err != nil {
		c.Warnf("plugins: %v", err)
	}
	if len(answers) == 0 {
		return text
	}
	b := append([]byte(nil), bytes.TrimSuffix(text, eof)...)
	b = append(b, "# TYPE gophertainer_plugin gauge\n# HELP gophertainer_plugin What a monitoring plugin measures.\n"...)
	for _, a := range answers {
		var all map[string]any
		if err := json.Unmarshal(a.Result, &all); err != nil {
			c.Warnf("plugin %s: %v", a.Plugin, err)
			continue
		}
		b = samples(b, a.Plugin, "", all)
	}
	return append(b, eof...)
}

func samples(b []byte, who, path string, all map[string]any) []byte {
	for _, key := range slices.Sorted(maps.Keys(all)) {
		switch v := all[key].(type) {
		case float64:
			b = fmt.Appendf(b, "gophertainer_plugin{plugin=%q,metric=%s} %s\n", who, quoted(path+key), strconv.FormatFloat(v, 'g', -1, 64))
		case map[string]any:
			b = samples(b, who, path+key+"/", v)
		}
	}
	return b
}

// quoted is a label's value: OpenMetrics knows no escapes but these three.
func quoted(s string) string {
	b := []byte{'"'}
	for _, c := range []byte(s) {
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

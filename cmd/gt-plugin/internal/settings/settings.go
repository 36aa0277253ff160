// Package settings is what decides beside the command line: variables, and the
// configuration files of plugins. Later ones win: system, user, environment,
// flags.
package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/trust"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// The system's places.
var (
	Dirs   = []string{"/usr/local/lib/gophertainer/plugins", "/etc/gophertainer/plugins"}
	Config = "/etc/gophertainer/plugin-config"
)

// Directories are where plugins are looked for, the first that has one wins.
func Directories(flag []string) []string {
	if len(flag) > 0 {
		return flag
	}
	if v := os.Getenv("GOPHERTAINER_PLUGIN_DIRS"); v != "" {
		return slices.DeleteFunc(strings.Split(v, ":"), func(d string) bool { return d == "" })
	}
	return Dirs
}

// Enabled is GOPHERTAINER_PLUGINS_ENABLED: false keeps plugins from being
// loaded and served. What is loaded stays in force: a variable is no way
// around a security plugin.
func Enabled() error {
	v := os.Getenv("GOPHERTAINER_PLUGINS_ENABLED")
	if v == "" {
		return nil
	}
	on, err := strconv.ParseBool(v)
	if err != nil {
		return fail.Usage("GOPHERTAINER_PLUGINS_ENABLED: have %q, need true or false", v)
	}
	if !on {
		return fail.New(fail.CodePermission, "plugins are disabled (GOPHERTAINER_PLUGINS_ENABLED is %s)", v)
	}
	return nil
}

// Policy is how much a plugin's file is trusted: the flag, or
// GOPHERTAINER_PLUGIN_SECURITY, where true is pinned and false is off.
func Policy(flag string) (string, error) {
	v, name := flag, "--security"
	if v == "" {
		name = "GOPHERTAINER_PLUGIN_SECURITY"
		v = os.Getenv(name)
	}
	switch v {
	case "":
		return trust.Pinned, nil
	case trust.Off, trust.Pinned, trust.Signed:
		return v, nil
	}
	on, err := strconv.ParseBool(v)
	switch {
	case err != nil:
		return "", fail.Usage("%s: have %q, need true, false, off, pinned or signed", name, v)
	case on:
		return trust.Pinned, nil
	}
	return trust.Off, nil
}

// Sources are where a plugin's configuration comes from.
type Sources struct {
	System string   // directory
	Set    []string // KEY=VALUE, the flags
}

// Read joins the sources and checks them against the schema. enabled is false
// if a file says so.
func (s *Sources) Read(name string, schema *plugin.PluginConfigSchema) (config map[string]any, enabled bool, err error) {
	config, enabled = map[string]any{}, true
	for _, dir := range []string{s.System, userDir()} {
		if err := merge(config, &enabled, dir, name); err != nil {
			return nil, false, err
		}
	}
	for key, p := range schema.Properties {
		variable := Variable(name, key)
		v, ok := os.LookupEnv(variable)
		if !ok {
			continue
		}
		if config[key], err = value(v, p.Type); err != nil {
			return nil, false, fail.New(fail.CodeInput, "%s: %w", variable, err)
		}
	}
	for _, kv := range s.Set {
		key, v, ok := strings.Cut(kv, "=")
		if !ok {
			return nil, false, fail.Usage("--set: have %q, need KEY=VALUE", kv)
		}
		if config[key], err = value(v, schema.Properties[key].Type); err != nil {
			return nil, false, fail.New(fail.CodeInput, "--set %s: %w", key, err)
		}
	}
	if config, err = schema.Apply(config); err != nil {
		return nil, false, fail.New(fail.CodeInput, "configuration of %s: %w", name, err)
	}
	return config, enabled, nil
}

// Variable is the name of the variable for a member of a plugin's
// configuration.
func Variable(name, key string) string {
	up := func(s string) string {
		return strings.Map(func(r rune) rune {
			switch {
			case r >= 'a' && r <= 'z':
				return r - 'a' + 'A'
			case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
				return r
			}
			return '_'
		}, s)
	}
	return "GOPHERTAINER_PLUGIN_" + up(name) + "_" + up(key)
}

func userDir() string {
	base := os.Getenv("XDG_CONFIG_HOME")
	if base == "" {
		home := os.Getenv("HOME")
		if home == "" {
			return ""
		}
		base = filepath.Join(home, ".config")
	}
	return filepath.Join(base, "gophertainer", "plugin-config")
}

func merge(config map[string]any, enabled *bool, dir, name string) error {
	if dir == "" {
		return nil
	}
	path := filepath.Join(dir, name+".json")
	text, err := trust.Read(dir, name+".json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &fail.Error{Path: path, Cause: err}
	}
	var own map[string]any
	if err := json.Unmarshal(text, &own); err != nil {
		return fail.New(fail.CodeInput, "%s: %w", path, err)
	}
	for key, v := range own {
		switch key {
		case "name":
			if v != name {
				return fail.New(fail.CodeInput, "%s: /name: have %v, need %q", path, v, name)
			}
		case "enabled":
			on, ok := v.(bool)
			if !ok {
				return fail.New(fail.CodeInput, "%s: /enabled: need true or false", path)
			}
			*enabled = on
		default:
			config[key] = v
		}
	}
	return nil
}

// value reads a word as the type that the schema names; what the schema does
// not know is a string.
func value(word, kind string) (any, error) {
	if kind == "" || kind == "string" {
		return word, nil
	}
	var v any
	d := json.NewDecoder(bytes.NewReader([]byte(word)))
	if err := d.Decode(&v); err != nil || d.More() {
		return nil, fail.New(fail.CodeInput, "have %q, need a JSON %s", word, kind)
	}
	return v, nil
}

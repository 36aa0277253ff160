package main

import (
	"errors"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/settings"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/trust"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// finder is how the verbs that look at files find and trust them.
type finder struct {
	dirs         []string
	policy, keys string
	config       string
}

func (f *finder) declare(o *tool.Options) {
	f.keys, f.config = trust.Keys, settings.Config
	o.Strings(&f.dirs, "dir", 0, "DIR", "where plugins are looked for")
	o.String(&f.policy, "security", 0, "POLICY", "off, pinned or signed ($GOPHERTAINER_PLUGIN_SECURITY, else pinned)")
	o.String(&f.keys, "keys", 0, "DIR", "trust store of policy signed")
	o.String(&f.config, "config", 0, "DIR", "the system's configuration files")
}

// find opens the plugin's file as far as the policy trusts it.
func (f *finder) find(name string) (*trust.File, string, error) {
	if err := store.CheckName(name); err != nil {
		return nil, "", err
	}
	policy, err := settings.Policy(f.policy)
	if err != nil {
		return nil, "", err
	}
	file, err := trust.Find(name, settings.Directories(f.dirs), policy)
	if err != nil || policy != trust.Signed {
		return file, policy, err
	}
	return file, policy, file.Verify(f.keys)
}

func text(format string) bool { return format == "text" }

// noSuch tells whether an error is only that there is none.
func noSuch(err error) bool {
	var e *fail.Error
	return errors.As(err, &e) && fail.Details(err).Code == fail.CodeNoSuch
}

// Package chain asks the runtime and security plugins about a container that is
// about to be made: the runtime plugins one after the other, each seeing what
// the one before has left, then the security plugins.
package chain

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/patch"
	"github.com/gophertainer/gophertainer/cmd/gt-plugin/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/spec"
)

// An Asker reaches a loaded plugin, within the deadline of ctx.
type Asker interface {
	Ask(ctx context.Context, e *store.Entry, method string, params any) (json.RawMessage, error)
}

// Outcome is what became of a container's config.json.
type Outcome struct {
	Spec     json.RawMessage `json:"spec,omitempty"` // nil if nobody changed it
	Warnings []string        `json:"warnings,omitempty"`
}

// Denied is a security plugin's no.
type Denied struct{ Plugin, Reason string }

func (d *Denied) Error() string {
	if d.Reason == "" {
		return "plugin " + d.Plugin + " denies it"
	}
	return "plugin " + d.Plugin + " denies it: " + d.Reason
}

// canonical is config.json as gt-oci understands it: what it ignores, such as a
// member with another case, and what stands there twice, must not look to a
// plugin like something that holds.
func canonical(text json.RawMessage) (json.RawMessage, error) {
	s, err := spec.Decode(text)
	if err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(spec.Encode(s), []byte("\n")), nil
}

// Order puts entries in the order in which they are asked: runtime plugins
// first, each type by name.
func Order(list []*store.Entry) {
	slices.SortStableFunc(list, func(a, b *store.Entry) int {
		if a.Info.Type != b.Info.Type {
			if a.Info.Type == plugin.PluginTypeRuntime {
				return -1
			}
			return 1
		}
		return bytes.Compare([]byte(a.Name), []byte(b.Name))
	})
}

// Run asks all plugins of the list, which is in order. A required one that
// does not answer properly fails the container; an optional one is skipped
// with a warning.
func Run(ctx context.Context, asker Asker, list []*store.Entry, in plugin.SpecRequest) (*Outcome, error) {
	out := &Outcome{}
	now, err := canonical(in.Spec)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		in.Spec = now
		next, err := one(ctx, asker, e, in)
		var denied *Denied
		switch {
		case errors.As(err, &denied):
			return nil, err
		case err != nil && e.Required:
			return nil, fail.New(fail.CodeHook, "required plugin %s: %w", e.Name, err)
		case err != nil:
			out.Warnings = append(out.Warnings, "plugin "+e.Name+" was skipped: "+err.Error())
		case next != nil:
			now, out.Spec = next, next
		}
	}
	return out, nil
}

func one(ctx context.Context, asker Asker, e *store.Entry, in plugin.SpecRequest) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, e.Deadline())
	defer cancel()
	params, err := encode(in)
	if err != nil {
		return nil, err
	}
	if e.Info.Type == plugin.PluginTypeRuntime {
		var a plugin.Adjustment
		if err := ask(ctx, asker, e, call{plugin.MethodAdjust, params, &a}); err != nil {
			return nil, err
		}
		return change(in.Spec, &a, nil)
	}
	var v plugin.Verdict
	if err := ask(ctx, asker, e, call{plugin.MethodCheck, params, &v}); err != nil {
		return nil, err
	}
	switch v.Verdict {
	case plugin.VerdictDeny:
		return nil, &Denied{e.Name, v.Reason}
	case plugin.VerdictAllow:
		return change(in.Spec, &v.Adjustment, Tighter)
	}
	return nil, fail.New(fail.CodeInput, "have verdict %q, need allow or deny", v.Verdict)
}

// encode is json.Marshal for a spec that has come from there.
func encode(in plugin.SpecRequest) (json.RawMessage, error) {
	spec := in.Spec
	in.Spec = nil
	head, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	head = bytes.TrimSuffix(head, []byte(`null}`))
	return slices.Concat(head, spec, []byte("}")), nil
}

type call struct {
	method string
	params json.RawMessage
	result any
}

func ask(ctx context.Context, asker Asker, e *store.Entry, c call) error {
	raw, err := asker.Ask(ctx, e, c.method, c.params)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, c.result); err != nil {
		return fail.New(fail.CodeInput, "%s: decode result: %w", c.method, err)
	}
	return nil
}

// change makes the new config.json, nil if it is the old one.
func change(spec json.RawMessage, a *plugin.Adjustment, check func(before, after any) error) (json.RawMessage, error) {
	given := len(a.Spec) > 0 && string(a.Spec) != "null"
	if given && len(a.Patch) > 0 {
		return nil, fail.New(fail.CodeInput, "have spec and patch, need one of them")
	}
	if !given && len(a.Patch) == 0 {
		return nil, nil
	}
	text := spec
	if given {
		text = a.Spec
	}
	after, err := patch.Decode(text)
	if err != nil {
		return nil, err
	}
	if after, err = patch.Apply(after, a.Patch); err != nil {
		return nil, err
	}
	if _, ok := after.(map[string]any); !ok {
		return nil, fail.New(fail.CodeInput, "have no object as spec, need one")
	}
	if check != nil {
		before, err := patch.Decode(spec)
		if err != nil {
			return nil, err
		}
		if err := check(before, after); err != nil {
			return nil, err
		}
	}
	return json.Marshal(after)
}

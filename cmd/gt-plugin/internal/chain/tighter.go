package chain

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// rule compares one member before and after; nil stands for absent.
type rule func(before, after any) bool

// rules are the members of config.json that a security plugin may change, and
// how. A key without a rule has to stay as it is; * is any key.
//
//house:table
var rules = map[string]rule{
	"/process/noNewPrivileges":      turnOn,
	"/process/capabilities/*":       subset,
	"/process/capabilities":         narrower,
	"/process/rlimits":              limits,
	"/process/apparmorProfile":      fill,
	"/process/selinuxLabel":         fill,
	"/process/oomScoreAdj":          noLower,
	"/root/readonly":                turnOn,
	"/linux/maskedPaths":            superset,
	"/linux/readonlyPaths":          superset,
	"/linux/seccomp":                fill,
	"/linux/devices":                subset,
	"/linux/resources/memory/limit": lower,
	"/linux/resources/memory/swap":  lower,
	"/linux/resources/pids/limit":   lower,
	"/linux/resources/cpu/quota":    lower,
	"/linux/resources/cpu/shares":   lower,
	"/linux/resources/memory":       inside,
	"/linux/resources/pids":         inside,
	"/linux/resources/cpu":          inside,
	"/linux/resources":              inside,
	"/mounts":                       mounts,
}

// Tighter tells whether after allows no more than before, and if not names the
// first member that does.
func Tighter(before, after any) error { return compare("", before, after) }

func compare(at string, before, after any) error {
	if reflect.DeepEqual(before, after) {
		return nil
	}
	b, bok := before.(map[string]any)
	a, aok := after.(map[string]any)
	if r := ruleOf(at); r != nil && (!bok || !aok) {
		if r(before, after) {
			return nil
		}
		return loosened(at)
	}
	if !aok || !bok {
		return loosened(at)
	}
	for _, key := range slices.Sorted(maps.Keys(a)) {
		if err := compare(at+"/"+key, b[key], a[key]); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(b)) {
		if _, ok := a[key]; ok {
			continue
		}
		if err := compare(at+"/"+key, b[key], nil); err != nil {
			return err
		}
	}
	return nil
}

func ruleOf(at string) rule {
	if r := rules[at]; r != nil {
		return r
	}
	for i := len(at) - 1; i > 0; i-- {
		if at[i] == '/' {
			return rules[at[:i+1]+"*"]
		}
	}
	return nil
}

func loosened(at string) error {
	return fail.New(fail.CodePermission, "%s: the change does not tighten", at)
}

func turnOn(_, after any) bool { return after == true }

// fill may be given where there was nothing.
func fill(before, after any) bool { return (before == nil || before == "") && after != nil }

// narrower: capabilities may go as a whole.
func narrower(before, after any) bool { return before != nil && after == nil }

// inside: an object of limits may be given as a whole where there was none. Its
// members cannot loosen what has no limit yet, but it may have no others.
func inside(before, after any) bool {
	a, ok := after.(map[string]any)
	if before != nil || !ok {
		return false
	}
	for key, v := range a {
		switch key {
		case "limit", "swap", "quota", "shares", "period":
			if _, ok := v.(json.Number); !ok {
				return false
			}
		case "memory", "pids", "cpu":
			if !inside(nil, v) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func lower(before, after any) bool {
	a, ok := number(after)
	if !ok || a <= 0 {
		return false // 0 and below are no limit
	}
	b, ok := number(before)
	return !ok || b <= 0 || a <= b
}

func noLower(before, after any) bool {
	a, ok := number(after)
	b, _ := number(before)
	return ok && a >= b
}

func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func holds(l []any, v any) bool {
	return slices.ContainsFunc(l, func(x any) bool { return reflect.DeepEqual(x, v) })
}

func subset(before, after any) bool {
	for _, v := range list(after) {
		if !holds(list(before), v) {
			return false
		}
	}
	return after == nil || list(after) != nil
}

func superset(before, after any) bool { return subset(after, before) }

// limits: an rlimit may be added or lowered.
func limits(before, after any) bool {
	now := map[any]map[string]any{}
	for _, v := range list(after) {
		m, ok := v.(map[string]any)
		if !ok {
			return false
		}
		if _, twice := now[m["type"]]; twice {
			return false
		}
		now[m["type"]] = m
	}
	for _, v := range list(before) {
		was, ok := v.(map[string]any)
		is := now[was["type"]]
		if !ok || is == nil {
			return false
		}
		for _, key := range []string{"hard", "soft"} {
			a, aok := number(is[key])
			b, bok := number(was[key])
			if !aok || !bok || a > b {
				return false
			}
		}
	}
	return true
}

// restraints are options that take something from a mount, each with the
// options that would give it back.
var restraints = []any{"ro", "nosuid", "nodev", "noexec", "rro", "rnosuid", "rnodev", "rnoexec"}

// mounts: each has to stay where it is, in its order; only restraints may be
// put behind its options.
func mounts(before, after any) bool {
	b, a := list(before), list(after)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		was, ok1 := b[i].(map[string]any)
		is, ok2 := a[i].(map[string]any)
		if !ok1 || !ok2 {
			return false
		}
		old, now := list(was["options"]), list(is["options"])
		if len(now) < len(old) || !slices.EqualFunc(old, now[:len(old)], func(x, y any) bool { return reflect.DeepEqual(x, y) }) {
			return false
		}
		for _, o := range now[len(old):] {
			if !holds(restraints, o) {
				return false
			}
		}
		was, is = maps.Clone(was), maps.Clone(is)
		delete(was, "options")
		delete(is, "options")
		if !reflect.DeepEqual(was, is) {
			return false
		}
	}
	return true
}

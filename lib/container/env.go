package container

import (
	"slices"
	"strings"
)

// merge puts ours in the place of what env has of the same names.
func merge(env, ours []string) []string {
	named := func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return slices.ContainsFunc(ours, func(o string) bool { return strings.HasPrefix(o, name+"=") })
	}
	return append(slices.DeleteFunc(slices.Clone(env), named), ours...)
}

package main

import (
	"debug/buildinfo"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
)

const module = "github.com/gophertainer/gophertainer"

// settings that make the packages of two builds differ.
var settings = []string{"-trimpath", "-tags", "-gcflags", "-race", "-msan", "-asan", "CGO_ENABLED", "GOARCH", "GOAMD64", "GOEXPERIMENT"}

// explain says why a .so does not fit, as far as the builds' own records tell.
func explain(path string, cause error) error {
	theirs, err := buildinfo.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%w (it has no build information of Go: %w)", cause, err)
	}
	ours, ok := debug.ReadBuildInfo()
	if !ok {
		return cause
	}
	if diff := differences(ours, theirs); len(diff) > 0 {
		return fmt.Errorf("%w (%s)", cause, strings.Join(diff, "; "))
	}
	if !strings.Contains(cause.Error(), "different version") {
		return cause
	}
	return fmt.Errorf("%w (the versions are the same: %s was compiled from another directory, need both built from one)", cause, module)
}

func differences(ours, theirs *debug.BuildInfo) []string {
	var diff []string
	if ours.GoVersion != theirs.GoVersion {
		diff = append(diff, fmt.Sprintf("it was built with %s, need %s", theirs.GoVersion, ours.GoVersion))
	}
	for _, key := range settings {
		if a, b := setting(ours, key), setting(theirs, key); a != b {
			diff = append(diff, fmt.Sprintf("it was built with %s=%s, need %s=%s", key, b, key, a))
		}
	}
	for _, m := range theirs.Deps {
		for _, own := range append(slices.Clone(ours.Deps), &ours.Main) {
			if own.Path == m.Path && own.Version != m.Version {
				diff = append(diff, fmt.Sprintf("it has %s %s, need %s", m.Path, m.Version, own.Version))
			}
		}
	}
	return diff
}

func setting(i *debug.BuildInfo, key string) string {
	for _, s := range i.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

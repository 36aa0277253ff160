package spec

import (
	"errors"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
)

//go:generate go run ./internal/gen

// Decode reads a config.json's text. Members that Linux or this version of the
// specification do not know are passed over (config.md, "Extensibility").
func Decode(raw []byte) (*specs.Spec, error) { return decode(raw, readSpec) }

// DecodeProcess reads the file of exec --process.
func DecodeProcess(raw []byte) (*specs.Process, error) { return decode(raw, readProcess) }

// DecodeResources reads the file of update --resources.
func DecodeResources(raw []byte) (*specs.LinuxResources, error) {
	return decode(raw, readLinuxResources)
}

// DecodeSeccomp reads a profile.
func DecodeSeccomp(raw []byte) (*specs.LinuxSeccomp, error) { return decode(raw, readLinuxSeccomp) }

// decode reads one object and nothing after it.
func decode[T any](raw []byte, read func(*json.Reader, *T)) (*T, error) {
	r, v := json.NewReader(raw), new(T)
	read(r, v)
	err := r.End()
	if err == nil {
		return v, nil
	}
	var wrong *json.Error
	switch {
	case !errors.As(err, &wrong):
		return nil, fail.Spec("", "%w", err)
	case wrong.Syntax:
		return nil, fail.Spec("", "broken JSON: %s", wrong.Reason())
	}
	return nil, fail.Spec(wrong.Pointer, "%s", wrong.Reason())
}

func object[T any](r *json.Reader, read func(*json.Reader, *T)) *T {
	if r.Null() {
		return nil
	}
	v := new(T)
	read(r, v)
	return v
}

func optional[T any](r *json.Reader, read func() T) *T {
	if r.Null() {
		return nil
	}
	v := read()
	return &v
}

func list[T any](r *json.Reader, read func(*json.Reader, *T)) []T {
	if r.Null() {
		return nil
	}
	l := []T{}
	r.Array(func(int) {
		var v T
		read(r, &v)
		l = append(l, v)
	})
	return l
}

func dict[T any](r *json.Reader, read func(*json.Reader, *T)) map[string]T {
	if r.Null() {
		return nil
	}
	m := map[string]T{}
	r.Object(func(name string) {
		var v T
		read(r, &v)
		m[name] = v
	})
	return m
}

func text[T ~string](r *json.Reader, v *T) { *v = T(r.String()) }

package image

import (
	"runtime"
	"slices"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A Platform is what an image runs on.
type Platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant"`
}

// Host is this machine's.
func Host() Platform { return Platform{OS: "linux", Architecture: runtime.GOARCH} }

// ParsePlatform reads os/architecture[/variant].
func ParsePlatform(text string) (Platform, error) {
	f := strings.Split(text, "/")
	if len(f) < 2 || len(f) > 3 || slices.Contains(f, "") {
		return Platform{}, fail.Usage("have %q, need os/architecture or os/architecture/variant", text)
	}
	return Platform{OS: f[0], Architecture: f[1], Variant: strings.Join(f[2:], "")}, nil
}

func (p Platform) String() string {
	s := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		s += "/" + p.Variant
	}
	return s
}

// accepts tells whether an image for have runs on p. Without a variant any of
// the architecture does; amd64/v1 runs everywhere, and so does an image that
// says nothing.
func (p Platform) accepts(have Platform) bool {
	if have.OS == "" && have.Architecture == "" {
		return true
	}
	return p.OS == have.OS && p.Architecture == have.Architecture && (p.Variant == "" || have.Variant == "" || p.Variant == have.Variant)
}

// best returns what fits; of several variants, when none was asked for, the
// one that asks least of the processor.
func (p Platform) best(list []descriptor) []descriptor {
	var fit []descriptor
	for _, d := range list {
		if d.Platform == nil || p.accepts(*d.Platform) {
			fit = append(fit, d)
		}
	}
	if p.Variant != "" || len(fit) < 2 || slices.ContainsFunc(fit, func(d descriptor) bool { return d.Platform == nil }) {
		return fit
	}
	least := slices.MinFunc(fit, func(a, b descriptor) int { return strings.Compare(a.Platform.Variant, b.Platform.Variant) })
	return slices.DeleteFunc(fit, func(d descriptor) bool { return d.Platform.Variant != least.Platform.Variant })
}

func platforms(list []descriptor) string {
	var all []string
	for _, d := range list {
		if d.Platform != nil {
			all = append(all, d.Platform.String())
		}
	}
	return strings.Join(all, ", ")
}

package bundle

import (
	"math/rand/v2"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// maxName keeps the name fit for a hostname and for a part of a cgroup path.
const maxName = 64

// CheckName accepts what may be an ID: letters, digits and _ . + -, a letter or
// digit first.
func CheckName(name string) error {
	if name == "" || len(name) > maxName {
		return fail.Usage("--name: have %d characters, need 1 to %d", len(name), maxName)
	}
	for i := range len(name) {
		c := name[i]
		alnum := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !alnum && (i == 0 || c != '_' && c != '.' && c != '+' && c != '-') {
			return fail.Usage("--name: %q has %q in it, need letters, digits and _ . + -, the first a letter or digit", name, c)
		}
	}
	return nil
}

// RandomName is a name such as brisk_gopher_5c1f for a container that got none.
func RandomName() string {
	const hex = "0123456789abcdef"
	tail := []byte("_0000")
	for i := 1; i < len(tail); i++ {
		tail[i] = hex[rand.IntN(len(hex))]
	}
	return adjectives[rand.IntN(len(adjectives))] + "_" + diggers[rand.IntN(len(diggers))] + string(tail)
}

var adjectives = []string{
	"agile", "amber", "brave", "brisk", "calm", "clever", "cosy", "curious", "deft", "dusty", "eager", "early",
	"fluffy", "fond", "gentle", "glad", "hardy", "hasty", "hungry", "jolly", "keen", "kind", "lively", "lucky",
	"merry", "mild", "modest", "neat", "nimble", "noble", "patient", "plucky", "polite", "proud", "quick", "quiet",
	"rapid", "ready", "rusty", "sandy", "sleepy", "sly", "snug", "sober", "steady", "stout", "swift", "tidy",
	"tiny", "vivid", "warm", "wary", "wild", "wise", "witty", "zesty",
}

var diggers = []string{
	"aardvark", "armadillo", "badger", "beaver", "bilby", "chinchilla", "degu", "dormouse", "fennec", "ferret", "gerbil", "gopher",
	"groundhog", "hamster", "hare", "jerboa", "lemming", "marmot", "meerkat", "mole", "mongoose", "numbat", "otter", "pika",
	"polecat", "puffin", "quokka", "rabbit", "shrew", "souslik", "stoat", "suricate", "tuco", "vole", "weasel", "wombat",
}

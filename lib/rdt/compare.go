package rdt

import (
	"os"
	"path/filepath"
	"strings"
)

// compare refuses a class that has other shares than the spec says: it would be
// others' too.
func (g *Group) compare(lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(g.dir, "schemata"))
	if err != nil {
		return err
	}
	have := shares(string(text))
	for _, line := range lines {
		for key, want := range shares(line) {
			if is, ok := have[key]; !ok || is != want {
				return refuse("", "have %s=%s in class %s, need %s, or another closID", key, is, filepath.Base(g.dir), want)
			}
		}
	}
	return nil
}

// shares reads lines as "L3:0=ff;1=0f" into "L3:0" and "ff". Zeros in front and
// the case of a mask do not matter.
func shares(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.SplitSeq(text, "\n") {
		resource, list, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		for part := range strings.SplitSeq(list, ";") {
			id, share, _ := strings.Cut(strings.TrimSpace(part), "=")
			share = strings.ToLower(strings.TrimLeft(strings.TrimSpace(share), "0"))
			if share == "" {
				share = "0"
			}
			all[strings.TrimSpace(resource)+":"+strings.TrimSpace(id)] = share
		}
	}
	return all
}

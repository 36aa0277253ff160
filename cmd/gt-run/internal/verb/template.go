package verb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A template is docker's --format as people write it most: text with
// {{.NAME.NAME}} or {{json .NAME}} in it. Names are those of our JSON, whatever
// their case, and some of docker's.
type template []piece

// A piece is text, or the way to a member.
type piece struct {
	text string
	path []string
	json bool
}

// docker is what it calls members that have another name here.
var docker = map[string]string{"names": "id", "name": "id", "image": "rootfs"}

// parseTemplate refuses what it does not know: functions, conditions, ranges.
func parseTemplate(text string) (template, error) {
	if !strings.Contains(text, "{{") {
		return nil, fail.Usage("--format: have %q, need json, or a template as {{.ID}}", text)
	}
	var t template
	for text != "" {
		before, rest, more := strings.Cut(text, "{{")
		if before != "" {
			t = append(t, piece{text: strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(before)})
		}
		if !more {
			break
		}
		inner, after, closed := strings.Cut(rest, "}}")
		words := strings.Fields(inner)
		p := piece{json: len(words) == 2 && words[0] == "json"}
		if p.json {
			words = words[1:]
		}
		if !closed || len(words) != 1 || words[0][0] != '.' || strings.ContainsAny(words[0], `|("`) {
			return nil, fail.Usage("--format: have {{%s, need {{.NAME.NAME}} or {{json .NAME}}; --format json and jq do the rest", strings.TrimSuffix(rest, after))
		}
		p.path = strings.FieldsFunc(words[0], func(r rune) bool { return r == '.' })
		t = append(t, p)
		text = after
	}
	return t, nil
}

// fill writes one thing, which any of our JSON can be.
func (t template) fill(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range t {
		if p.path == nil && !p.json {
			b.WriteString(p.text)
			continue
		}
		at, err := member(text, p.path)
		if err != nil {
			return "", err
		}
		var word string
		if p.json || json.Unmarshal(at, &word) != nil {
			word = string(at)
		}
		b.WriteString(word)
	}
	return b.String() + "\n", nil
}

// member goes along a path.
func member(text json.RawMessage, path []string) (json.RawMessage, error) {
	for _, name := range path {
		var all map[string]json.RawMessage
		if err := json.Unmarshal(text, &all); err != nil {
			return nil, fail.Usage("--format: have .%s of what has no members", name)
		}
		key, ok := spelt(all, name)
		if !ok {
			key, ok = spelt(all, docker[strings.ToLower(name)])
		}
		if !ok {
			return nil, fail.Usage("--format: have no member %q, need one of %s", name, strings.Join(names(all), " "))
		}
		text = all[key]
	}
	return text, nil
}

func spelt(all map[string]json.RawMessage, name string) (string, bool) {
	for key := range all {
		if strings.EqualFold(key, name) {
			return key, true
		}
	}
	return "", false
}

func names(all map[string]json.RawMessage) []string {
	var list []string
	for key := range all {
		list = append(list, key)
	}
	slices.Sort(list)
	return list
}

// lines fills a template for each of a list.
func lines[T any](text string, list []T) ([]byte, error) {
	t, err := parseTemplate(text)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, v := range list {
		line, err := t.fill(v)
		if err != nil {
			return nil, err
		}
		fmt.Fprint(&b, line)
	}
	return []byte(b.String()), nil
}

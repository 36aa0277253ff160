package cgroup

import "strings"

// Note is the group as one string, for the record that is kept before the group
// is made: a create that is killed in between leaves no state.json, and a
// relative path means another place to whoever cleans up.
func (g *Group) Note() string {
	parts := []string{g.mode.String()}
	for _, name := range sorted(g.dirs) {
		parts = append(parts, name, g.dirs[name])
	}
	if g.unit != nil {
		parts = append(parts, "unit", g.Unit())
	}
	return strings.Join(parts, "\x00")
}

// FromNote reads what Note made; nil if there is nothing to read.
func FromNote(note string) (*Group, error) {
	if note == "" {
		return nil, nil
	}
	parts := strings.Split(note, "\x00")
	mode, err := ParseMode(parts[0])
	if err != nil {
		return nil, err
	}
	g := &Group{mode: mode, dirs: map[string]string{}}
	for i := 1; i+1 < len(parts); i += 2 {
		if parts[i] == "unit" { // a hierarchy of that name does not exist
			if err := g.Belongs(parts[i+1]); err != nil {
				return nil, err
			}
			continue
		}
		g.dirs[parts[i]] = parts[i+1]
	}
	return g, nil
}

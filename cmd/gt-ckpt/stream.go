package main

// isStream tells a file or stdin from a name.
func isStream(name string) bool {
	for i := range len(name) {
		if name[i] == '/' {
			return true
		}
	}
	return name == "-"
}

func (r *restoring) openStream(name string) (*source, error) { return nil, nil }

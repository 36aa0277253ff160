package cgroup

// OOMKills counts the processes of the group that the kernel killed for memory.
func (g *Group) OOMKills() (uint64, error) {
	dir, file := g.dir("memory"), "memory.oom_control"
	if g.mode == V2 {
		dir, file = g.dirs[""], "memory.events"
	}
	if dir == "" {
		return 0, nil
	}
	return table(dir, file)["oom_kill"], nil
}

// Pressed tells whether the group has ever hit its memory limit: then ENOMEM is
// its own, and not the host's.
func (g *Group) Pressed() bool {
	if g.mode == V2 {
		return table(g.dirs[""], "memory.events")["max"] > 0
	}
	for _, file := range []string{"memory.failcnt", "memory.kmem.failcnt"} {
		if n, ok := count(g.dir("memory"), file); ok && n > 0 {
			return true
		}
	}
	return false
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/criu"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// A verdict is one line of check.
type verdict struct {
	OK     bool   `json:"ok"`
	What   string `json:"what"`
	Say    string `json:"say"`
	Option string `json:"option,omitempty"` // that lifts it
}

func check(o *tool.Options) func(*tool.Call) error {
	o.Format("text", "json")
	return func(c *tool.Call) error {
		list := checkHost(c)
		if len(c.Args) > 0 {
			ct, err := runtime(c).Open(c.Args[0])
			if err != nil {
				return err
			}
			f, err := look(ct)
			if err != nil {
				return err
			}
			for _, x := range f.findings {
				list = append(list, verdict{What: "container", Say: x.Say, Option: x.unless})
			}
			if len(f.findings) == 0 {
				list = append(list, verdict{OK: true, What: "container", Say: fmt.Sprintf("%d processes can be dumped", len(f.pids))})
			}
		}
		return printVerdicts(c, list)
	}
}

// checkHost looks at CRIU and the kernel.
func checkHost(c *tool.Call) []verdict {
	path, err := criu.Find(global.criu)
	if err != nil {
		return []verdict{{What: "criu", Say: err.Error()}}
	}
	if err := criu.Warm(path); err != nil {
		c.Debugf("warm criu's cache: %v", err)
	}
	facts, err := criu.Probe(path)
	if err != nil {
		return []verdict{{What: "criu", Say: err.Error()}}
	}
	list := []verdict{{OK: facts.Version >= criu.Oldest, What: "criu", Say: fmt.Sprintf("%s is version %d.%d.%d", path, facts.Version/10000, facts.Version/100%100, facts.Version%100)}}
	if say, ok := criu.Check(path); ok {
		list = append(list, verdict{OK: true, What: "kernel", Say: "has what CRIU needs"})
	} else {
		list = append(list, verdict{What: "kernel", Say: say})
	}
	for _, x := range []struct {
		ok         bool
		what, lack string
	}{
		{facts.MemTrack, "pre-copy", "the kernel does not track dirty memory (CONFIG_MEM_SOFT_DIRTY)"},
		{facts.Lazy, "lazy pages", "the kernel lacks userfaultfd, or it is forbidden"},
	} {
		// What can be done without is no failure of the check.
		v := verdict{OK: true, What: x.what, Say: "can be used"}
		if !x.ok {
			v.Say = "cannot be used: " + x.lack
		}
		list = append(list, v)
	}
	return list
}

func printVerdicts(c *tool.Call, list []verdict) error {
	var b bytes.Buffer
	bad := 0
	for _, v := range list {
		if !v.OK {
			bad++
		}
		if c.Format == "json" {
			line, err := json.Marshal(v)
			if err != nil {
				return err
			}
			b.Write(append(line, '\n'))
			continue
		}
		word := "ok"
		if !v.OK {
			word = "no"
		}
		fmt.Fprintf(&b, "%-3s %s: %s", word, v.What, v.Say)
		if v.Option != "" {
			fmt.Fprintf(&b, " (need --%s)", v.Option)
		}
		b.WriteByte('\n')
	}
	if err := c.Print(b.Bytes()); err != nil {
		return err
	}
	if bad > 0 {
		return fail.New(fail.CodeStatus, "%d of %d checks say no", bad, len(list))
	}
	return nil
}

package verb

import (
	"encoding/json"
	"os"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/roster"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// inspect prints an array, as docker does: what each tool wrote, under its name.
func inspect(o *tool.Options) func(*tool.Call) error {
	form := "json"
	o.String(&form, "format", 'f', "FORM", "json, or a template as {{.state.pid}}")
	return func(c *tool.Call) error {
		var all []map[string]any
		err := each(c, func(id string) error {
			ct, err := find(c, id)
			if err == nil {
				all = append(all, whole(ct))
			}
			return err
		})
		if all == nil {
			return err
		}
		if form != "json" {
			text, ferr := lines(form, all)
			if ferr == nil {
				ferr = c.Print(text)
			}
			if ferr != nil {
				return ferr
			}
			return err // which was told
		}
		text, merr := json.MarshalIndent(all, "", "  ")
		if merr != nil {
			return merr
		}
		if perr := c.Print(append(text, '\n')); perr != nil {
			return perr
		}
		return err
	}
}

func whole(ct *roster.Container) map[string]any {
	m := map[string]any{"id": ct.ID, "status": string(ct.Status), "bundle": ct.Bundle}
	if frozen(ct) {
		m["status"] = "paused"
	}
	files := map[string]string{"gt-run": ct.Bundle + "/gt-run.json", "rootfs": ct.Bundle + "/rootfs.json", "health": ct.Bundle + "/mon/health.json", "settings": ct.Bundle + "/mon/settings.json", "exit": ct.Bundle + "/mon/exit.json"}
	if ct.Entry != nil {
		for _, name := range []string{"state", "config", "mon", "exit", "net", "ckpt"} {
			files[name] = ct.Entry.Path(name + ".json")
		}
	} else {
		files["config"] = ct.Bundle + "/config.json"
	}
	for name, file := range files {
		// Each is another tool's and may be missing.
		text, err := os.ReadFile(file)
		if err == nil && json.Valid(text) {
			m[name] = json.RawMessage(text)
		}
	}
	if m["mon"] != nil {
		m["monitored"] = watched(ct)
	}
	return m
}

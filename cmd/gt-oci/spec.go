package main

import (
	"bytes"
	"os"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/spec"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func writeSpec(o *tool.Options) func(*tool.Call) error {
	var bundle, output string
	var rootless, terminal bool
	o.String(&bundle, "bundle", 'b', "DIR", "write to DIR/config.json")
	o.String(&output, "output", 'o', "FILE", "write to FILE; - is stdout")
	o.Bool(&rootless, "rootless", 0, "for a user who is not root")
	o.Bool(&terminal, "terminal", 't', "for a shell at a terminal, as runc writes it")
	return func(c *tool.Call) error {
		text := spec.Default()
		if rootless {
			text = spec.Rootless(os.Geteuid(), os.Getegid())
		}
		if !terminal {
			text = waiting(text)
		}
		name := "config.json"
		if bundle != "" {
			name = bundle + "/config.json"
		}
		if output != "" {
			name = output
		}
		if name == "-" {
			return c.Print(text)
		}
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if os.IsExist(err) {
			return fail.New(fail.CodeExists, "%s exists, need another place or none there", name)
		}
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.Write(text)
		return err
	}
}

// waiting makes a container of the template that can be created, started and
// ended by TERM as it is. The shell at a terminal that runc writes can not:
// create has nobody to hand the terminal to, and PID 1 without a handler never
// sees TERM (pid_namespaces(7)).
func waiting(text []byte) []byte {
	text = bytes.Replace(text, []byte(`"terminal": true`), []byte(`"terminal": false`), 1)
	return bytes.Replace(text, []byte("\t\t\t\"sh\"\n"), []byte("\t\t\t\"sh\",\n\t\t\t\"-c\",\n\t\t\t\""+program+"\"\n"), 1)
}

// program ends by itself where there is no sleep.
const program = "trap 'exit 0' INT TERM; while sleep 3600 & wait $!; do :; done"

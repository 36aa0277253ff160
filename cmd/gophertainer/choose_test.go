package main

import (
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	for line, want := range map[string]string{
		"":                               "help 2",
		"--debug":                        "help 2",
		"--root":                         "help 2",
		"help":                           "help 0",
		"-h":                             "help 0",
		"--help":                         "help 0",
		"--root /r --help":               "help 0",
		"help help":                      "help 0",
		"help create":                    "gt-oci create --help",
		"help checkpoint":                "gt-ckpt checkpoint --help",
		"help plugin":                    "gt-plugin --help",
		"-v":                             "gt-oci -v",
		"--version":                      "gt-oci --version",
		"-v /a:/b ls":                    "gt-run -v /a:/b ls",
		"spec":                           "gt-oci spec",
		"spec --output config.json":      "gt-oci spec --output config.json",
		"create c1 --bundle .":           "gt-oci create c1 --bundle .",
		"kill c1 TERM":                   "gt-oci kill c1 TERM",
		"kill c1 -9":                     "gt-oci kill c1 -9",
		"delete c1 --force":              "gt-oci delete c1 --force",
		"list --format table":            "gt-oci list --format table",
		"run --bundle . c1":              "gt-oci run --bundle . c1",
		"nonsense":                       "gt-oci nonsense",
		"--root run create c":            "gt-oci --root run create c",
		"--root=/r --log l create c":     "gt-oci --root=/r --log l create c",
		"-log-format json -log l start":  "gt-oci -log-format json -log l start",
		"--rootless true create c":       "gt-oci --rootless true create c",
		"--rootless= create c":           "gt-oci --rootless= create c",
		"--rootless create c":            "gt-oci --rootless create c",
		"--cgroup-manager disabled run":  "gt-oci --cgroup-manager disabled run",
		"--rootless --name c --rootfs r": "gt-run --rootless --name c --rootfs r",
		"--name c --rootfs r --cmd sh":   "gt-run --name c --rootfs r --cmd sh",
		"-it sh":                         "gt-run -it sh",
		"--root /r --name c":             "gt-run --root /r --name c",
		"-- make test":                   "gt-run -- make test",
		"--debug -- make test":           "gt-run --debug -- make test",
		"--nmae c":                       "gt-run --nmae c",
		"checkpoint c --leave-running":   "gt-ckpt checkpoint c --leave-running",
		"--root /r --log l restore c":    "gt-ckpt --root /r --log l restore c",
		"checkpoint-list":                "gt-ckpt checkpoint-list",
		"checkpoint-delete x":            "gt-ckpt checkpoint-delete x",
		"plugin list":                    "gt-plugin list",
		"--debug plugin info x":          "gt-plugin --debug info x",
	} {
		c := choose(strings.Fields(line))
		got := c.tool + " " + strings.Join(c.args, " ")
		if c.tool == "" {
			got = "help " + string(rune('0'+c.exit))
		}
		if got != want {
			t.Errorf("%q becomes %q, need %q", line, got, want)
		}
		if (c.tool == "gt-run") != (c.exit == exitRun) {
			t.Errorf("%q: exit code %d of %s", line, c.exit, c.tool)
		}
	}
}

func TestSplit(t *testing.T) {
	got := split([]byte("prog\x00a b\x00\x00c\x00"))
	if len(got) != 3 || got[0] != "a b" || got[1] != "" || got[2] != "c" {
		t.Errorf("have %q", got)
	}
	if got := split(nil); got != nil {
		t.Errorf("have %q, need nothing", got)
	}
}

func FuzzChoose(f *testing.F) {
	f.Add("--root\x00/r\x00create\x00c")
	f.Add("-\x00--\x00=")
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\x00")
		c := choose(args)
		if c.tool == "gt-run" && len(c.args) != len(args) {
			t.Errorf("%q became %q", args, c.args)
		}
	})
}

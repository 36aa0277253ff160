package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]string{
		"-- make test":              "make|test",
		"make test":                 "make|test",
		"-it sh":                    "sh",
		"--rootfs tiny ls -l --all": "ls|-l|--all",
		"--rootfs tiny -- -x":       "-x",
		"git checkout -- file":      "git|checkout|--|file",
		"-- git checkout -- file":   "git|checkout|--|file",
		"-- -- x":                   "--|x",
		"-e A=1,2 -e B x":           "x",
		"--name a":                  "",
		"--":                        "",
	} {
		o, err := parse(strings.Fields(line), io.Discard)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if got := strings.Join(o.Command, "|"); got != want {
			t.Errorf("%s: have %s, need %s", line, got, want)
		}
	}
	o, err := parse(strings.Fields("--name alpine-test --rootfs /a.tar.gz --mem 512 --cpu 1.0 -v /a:/b:ro,exec --volume=/c:/d -e A=1,2 -it -u 1:2"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !o.Interactive || !o.TTY || len(o.Volume) != 2 || o.Volume[0] != "/a:/b:ro,exec" || o.Env[0] != "A=1,2" || *o.User != "1:2" ||
		o.Name != "alpine-test" || o.Rootfs != "/a.tar.gz" || o.Mem != "512" || o.CPU != "1.0" {
		t.Errorf("have %+v", o)
	}
}

func TestParseRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"--nmae x":                   `nearest is --name`,
		"--memoy 5":                  `nearest is --memory`,
		"--rm --restart always -d x": "--rm and --restart",
		"--restart always x":         "--restart needs --detach",
		"--health-cmd true x":        "--health-cmd needs --detach",
		"-d --json x":                "for the end of a command",
		"--commit --rootfs /a x":     "have --rootfs /a, need host",
		"--cmd x y":                  "both there",
		"--pids many x":              "--pids",
		"--rootfs= x":                "--rootfs is empty",
		"-w here x":                  "is relative",
		"--hostname= x":              "--hostname: have 0",
		"--net 10.0.0/24 x":          "need a CIDR as 10.1.0.0/24",
		"--net6 10.0.0.0/8 x":        "need a CIDR as fd00::/64",
		"--cni --net 10.1.0.0/24 x":  "--cni and --net 10.1.0.0/24 are both there",
		"--cni --bridge b x":         "--cni and --bridge or --net6 are both there",
		"--cni-bin /x x":             "need --cni",
		"--net host -p 80:80 x":      "--net host and an option",
		"--name":                     "--name",
		"-Z":                         "unknown option -Z",
		"--interactive=maybe ls":     "--interactive",
	} {
		_, err := parse(strings.Fields(line), io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: have %v, need %q", line, err, want)
		}
	}
	if os.Geteuid() == 0 {
		if _, err := parse([]string{"--rootless", "x"}, io.Discard); err == nil {
			t.Error("--rootless was accepted from root")
		}
	}
}

func TestHelp(t *testing.T) {
	var b bytes.Buffer
	if _, err := parse([]string{"--help"}, &b); !errors.Is(err, errHelp) || !strings.Contains(b.String(), "--rootfs") {
		t.Errorf("have %v, %s", err, b.String())
	}
}

// TestInstead: what is advised against is no option, and what is advised is one.
func TestInstead(t *testing.T) {
	have := map[string]bool{}
	for _, name := range table(&options{}, new(bool)).Names() {
		have["--"+name] = true
	}
	for name, advice := range instead {
		if have["--"+name] {
			t.Errorf("--%s is an option", name)
		}
		for word := range strings.FieldsSeq(advice) {
			if strings.HasPrefix(word, "--") && !strings.Contains(advice, "gt-rootfs") && !have[strings.Trim(word, ",")] {
				t.Errorf("--%s: %s is no option", name, word)
			}
		}
	}
	_, err := parse(strings.Fields("--cpu-quota 50000 x"), io.Discard)
	if want := "unknown option --cpu-quota: need --cpus, which is quota by period"; err == nil || err.Error() != want {
		t.Errorf("have %v, need %s", err, want)
	}
}

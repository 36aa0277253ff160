package volume

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func named(name string) (string, error) { return "", errors.New("no volume " + name) }

func TestParse(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "sub")
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		sub + ":/a":                        sub + " /a rbind rw rprivate nosuid nodev",
		sub + ":/a:ro":                     sub + " /a rbind ro rprivate nosuid nodev",
		sub + ":/a/../../../etc/:rw":       sub + " /etc rbind rw rprivate nosuid nodev",
		"./sub:/a:bind,rslave,exec,dev":    sub + " /a bind rw rslave nosuid dev exec",
		".:/work:ro,noexec":                dir + " /work rbind ro rprivate nosuid nodev noexec",
		sub + "/../sub:/a:ro,ro":           sub + " /a rbind ro rprivate nosuid nodev",
		sub + ":/../../../../proc/self/fd": sub + " /proc/self/fd rbind rw rprivate nosuid nodev",
	} {
		m, err := Parse(text, dir, named)
		if got := m.Source + " " + m.Destination + " " + strings.Join(m.Options, " "); err != nil || got != want || m.Type != "bind" {
			t.Errorf("%s: have %s, %v, need %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                      "is no volume",
		"/a":                    "is no volume",
		":/a":                   "is no volume",
		"/a:":                   "is no volume",
		"/a:/b:ro:x":            "is no volume",
		"data:/b":               "no volume data",
		"da/ta:/b":              "need ./da/ta",
		sub + ":b":              "is relative",
		sub + ":/":              "container path is /",
		sub + ":/..":            "container path is /",
		sub + "/none:/b":        "no such file",
		sub + ":/b:ro,rw":       "contradict",
		sub + ":/b:rox":         `"rox" is unknown`,
		sub + ":/b:,":           `"" is unknown`,
		sub + ":/b:z":           "labels",
		"/dev/null/x:/b":        "not a directory",
		"proc:/self":            "no volume proc",
		sub + ":/b:shared,suid": "",
	} {
		_, err := Parse(text, dir, named)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: have %v, need %q", text, err, want)
		}
	}
}

// Package skeleton writes a plugin to start from.
package skeleton

import (
	"bytes"
	"embed"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/gophertainer/gophertainer/lib/fail"
)

//go:embed files
var files embed.FS

// Data is what the files are filled in with.
type Data struct{ Name, Type string }

// Langs are the skeletons there are.
func Langs() []string { return []string{"go", "so", "sh", "python"} }

// Write makes the directory. NAME in a file's name becomes the plugin's.
func Write(dir, lang string, d Data) error {
	if _, err := os.Lstat(dir); err == nil {
		return fail.New(fail.CodeExists, "%s exists, need a new directory", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	list, err := fs.ReadDir(files, path.Join("files", lang))
	if err != nil {
		return err
	}
	for _, f := range list {
		text, err := files.ReadFile(path.Join("files", lang, f.Name()))
		if err != nil {
			return err
		}
		name := strings.ReplaceAll(strings.TrimSuffix(f.Name(), ".tmpl"), "NAME", d.Name)
		mode := fs.FileMode(0o644)
		if bytes.HasPrefix(text, []byte("#!")) {
			mode = 0o755
		}
		t, err := template.New(name).Parse(string(text))
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, d); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), mode); err != nil {
			return err
		}
	}
	return nil
}

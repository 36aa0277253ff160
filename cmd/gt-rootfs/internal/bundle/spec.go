package bundle

import (
	"encoding/json"
	"os"
	"path/filepath"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/host"
)

// maxHostname is the longest name sethostname(2) takes.
const maxHostname = 64

// Spec is the config.json that a new bundle begins with.
func (s *Stage) Spec() (*specs.Spec, error) {
	c, err := host.Template()
	if err != nil {
		return nil, err
	}
	c.Process.Terminal, c.Process.Args = false, []string{"sh"}
	c.Hostname = filepath.Base(s.Bundle)
	if len(c.Hostname) > maxHostname {
		c.Hostname = c.Hostname[:maxHostname]
	}
	return c, nil
}

// Write puts a file of JSON into the stage.
func (s *Stage) Write(name string, value any) error {
	return write(s.Path(name), value)
}

func write(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// State is the OCI state of a bundle that no container was made of yet.
func State(id, dir string) ([]byte, error) {
	return json.Marshal(struct {
		Version string `json:"ociVersion"`
		ID      string `json:"id"`
		Status  string `json:"status"`
		Bundle  string `json:"bundle"`
	}{specs.Version, id, string(specs.StateCreating), dir})
}

package record

import (
	"os"
	"strings"
)

// places is the directory of the state directory where monitors say where their
// data is. A container's own entry is gone for a moment while it is started again;
// who wants to stop it then has to find its monitor.
const places = "/.mon"

// Announce keeps the data directory of a container's monitor.
func Announce(root, id, data string) error {
	if err := os.MkdirAll(root+places, 0o700); err != nil {
		return err
	}
	name := root + places + "/" + id
	if err := os.WriteFile(name+".new", []byte(data+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// Withdraw forgets it.
func Withdraw(root, id string) error {
	err := os.Remove(root + places + "/" + id)
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// Place is the data directory that was announced, "" if there is none.
func Place(root, id string) string {
	text, err := os.ReadFile(root + places + "/" + id)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(text), "\n")
}

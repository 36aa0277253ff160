// Tattle is a hook for any OCI runtime: it reads the state of the container on
// stdin and appends one line about it to FILE.
//
// # Synopsis
//
//	tattle FILE
//
// In config.json:
//
//	"poststop": [{"path": "/usr/local/bin/tattle", "args": ["tattle", "/var/log/containers.log"]}]
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: tattle FILE")
		os.Exit(2)
	}
	if err := tattle(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "tattle:", err)
		os.Exit(1)
	}
}

func tattle(file string) error {
	var state struct {
		ID     string `json:"id"`
		Status string `json:"status"`
		Pid    int    `json:"pid"`
	}
	if err := json.NewDecoder(os.Stdin).Decode(&state); err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s %s %d\n", state.ID, state.Status, state.Pid)
	return firstOf(err, f.Close())
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

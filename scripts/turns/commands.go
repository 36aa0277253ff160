package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// commands measures command lines, which are cut at spaces, from start to end.
func commands(what string, rounds int, args []string) error {
	var list []runtime
	for _, a := range args {
		name, line, ok := strings.Cut(a, "=")
		if !ok {
			return fmt.Errorf("%s: need NAME=COMMAND", a)
		}
		list = append(list, runtime{name: name, path: line})
	}
	t := newTable(list)
	err := t.turns(rounds, func(r runtime) ([]sample, error) {
		words := strings.Fields(r.path)
		cmd := exec.Command(words[0], words[1:]...)
		var errs strings.Builder
		cmd.Stderr = &errs
		begin := time.Now()
		err := cmd.Run()
		took := time.Since(begin)
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %s", r.path, err, errs.String())
		}
		return []sample{{what, took}}, nil
	})
	t.print(os.Stdout)
	return err
}

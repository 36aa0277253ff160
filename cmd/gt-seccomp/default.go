package main

import (
	"encoding/json"
	"os"

	"github.com/moby/profiles/seccomp"
)

func printDefault(opt *options) error {
	s, err := opt.target.resolve(seccomp.DefaultProfile())
	if err != nil {
		return err
	}
	return printJSON(s)
}

func printJSON(v any) error {
	b, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(b, '\n'))
	return err
}

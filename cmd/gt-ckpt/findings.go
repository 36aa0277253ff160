package main

import (
	"strconv"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/scene"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// A finding is something that stands in the way of a dump.
type finding struct {
	Code   fail.Code `json:"code"`
	Member string    `json:"member,omitempty"` // of the spec
	Say    string    `json:"say"`
	// unless is the option that lifts it, "" if none.
	unless string
}

func (f *facts) find(member, say string) {
	f.findings = append(f.findings, finding{Code: fail.CodeStatus, Member: member, Say: say})
}

func (f *finding) err() error {
	e := fail.New(f.Code, "%s", f.Say)
	e.Member = f.Member
	return e
}

// refuse returns the first finding that the options do not lift.
func (f *facts) refuse(x *criuOptions) error {
	lifted := map[string]bool{"": false, "tcp-established": x.tcp, "file-locks": x.fileLocks, "shell-job": x.shellJob, "ext-unix-sk": x.extUnix, "empty-ns": len(x.emptyNS) > 0}
	for i := range f.findings {
		if !lifted[f.findings[i].unless] {
			return f.findings[i].err()
		}
	}
	return nil
}

func say(f *scene.File) string {
	return "descriptor " + strconv.Itoa(f.FD) + " of process " + strconv.Itoa(f.Pid) + " is " + f.Target
}

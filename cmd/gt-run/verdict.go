package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// A line is one of gt-oci's log.
type line struct {
	Level string    `json:"level"`
	Msg   string    `json:"msg"`
	Code  fail.Code `json:"code"`
}

// verdict turns gt-oci's end into ours. Its own failures are 1 or 2 and leave
// an error in the log; any other code is the command's. A signal can end
// gt-oci itself before there is a command to pass it on to.
func verdict(tool string, o *options, status syscall.WaitStatus, log *os.File) (int, error) {
	last, err := show(o, log)
	if err != nil {
		return exitFailed, err
	}
	if status.Signaled() {
		return exitSignalled + int(status.Signal()), fmt.Errorf("%s was ended by signal %d", tool, status.Signal())
	}
	code := status.ExitStatus()
	if last == nil || code != fail.ExitFailed && code != fail.ExitUsage {
		return code, nil
	}
	err = errTold
	if o.Detach {
		err = errors.New(said(last.Msg))
	}
	switch last.Code {
	case fail.CodeExec:
		return exitCannot, err
	case fail.CodeExecNoSuch:
		return exitNotFound, err
	}
	return exitFailed, err
}

// errTold is a failure that gt-oci has said on our stderr: in the foreground it has
// that.
var errTold = errors.New("gt-oci has told why")

// said leaves out of a hook's failure that it was one, if it was the hook of
// Network.apply: who typed --publish knows of none. What gt-net says names the option.
func said(text string) string {
	if _, rest, ours := strings.Cut(text, "/gt-net: after "); ours {
		if _, its, named := strings.Cut(rest, ": gt-net: "); named {
			return "gt-net: " + its
		}
	}
	return text
}

// show writes the log's warnings, and with --debug all of it, to stderr, and
// returns the last error.
func show(o *options, log *os.File) (*line, error) {
	if _, err := log.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read log of gt-oci: %w", err)
	}
	var last *line
	lines := bufio.NewReader(log)
	for {
		text, err := lines.ReadBytes('\n')
		var l line
		if len(text) > 0 && json.Unmarshal(text, &l) == nil {
			if o.Debug || l.Level == "warning" {
				fmt.Fprintf(os.Stderr, "gt-oci: %s: %s\n", l.Level, l.Msg)
			}
			if l.Level == "error" || l.Level == "fatal" {
				last = &l
			}
		}
		if err == io.EOF {
			return last, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read log of gt-oci: %w", err)
		}
	}
}

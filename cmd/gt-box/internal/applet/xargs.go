package applet

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// xargs [-0rt] [-n count] [-I name] [command…]
func xargs(args []string) int {
	f, argv, err := options(args, "+0rtn:I:L:")
	if err != nil {
		return misuse(args, "%s", err)
	}
	limit, err := strconv.Atoi(f.value('n', f.value('L', "5000")))
	if err != nil || limit < 1 {
		return misuse(args, "need a number above 0")
	}
	if len(argv) == 0 {
		argv = []string{"echo"}
	}
	data, err := io.ReadAll(bufio.NewReader(os.Stdin))
	if err != nil {
		return fail(args, "%s", why(err))
	}
	items := xargsItems(string(data), f)
	name := f.value('I', "")
	if name != "" {
		limit = 1
	}
	status := 0
	for first := true; len(items) > 0 || first && name == "" && !f.has('r'); first = false {
		n := min(limit, len(items))
		call := append([]string{}, argv...)
		if name == "" {
			call = append(call, items[:n]...)
		} else {
			for i := range call {
				call[i] = strings.ReplaceAll(call[i], name, items[0])
			}
		}
		items = items[n:]
		switch s := runCommand(args, call); {
		case s == 126 || s == 127 || s == 255:
			return s
		case s != 0:
			status = 123
		}
	}
	return status
}

func xargsItems(data string, f flags) []string {
	if f.has('0') {
		return strings.FieldsFunc(data, func(r rune) bool { return r == 0 })
	}
	if f.has('I') || f.has('L') {
		return strings.FieldsFunc(data, func(r rune) bool { return r == '\n' })
	}
	var items []string
	var b strings.Builder
	var quote rune
	started, escaped := false, false
	for _, c := range data {
		switch {
		case escaped:
			b.WriteRune(c)
			escaped = false
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			b.WriteRune(c)
		case c == '\\':
			started, escaped = true, true
		case c == '\'' || c == '"':
			started, quote = true, c
		case c == ' ' || c == '\n' || c == '\t':
			if started {
				items = append(items, b.String())
			}
			b.Reset()
			started = false
		default:
			started = true
			b.WriteRune(c)
		}
	}
	if started {
		items = append(items, b.String())
	}
	return items
}

// runCommand runs a command with our descriptors and returns its status.
func runCommand(args, argv []string) int {
	c := exec.Command(argv[0], argv[1:]...)
	c.Stdin, c.Stdout, c.Stderr = nil, os.Stdout, os.Stderr
	err := c.Run()
	var e *exec.ExitError
	switch {
	case errors.As(err, &e) && e.ExitCode() >= 0:
		return e.ExitCode()
	case errors.As(err, &e):
		return 125
	case err != nil:
		fail(args, "%s: %s", argv[0], execReason(err))
		return execStatus(err)
	}
	return 0
}

package tool

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
)

// reported is an error that was said already.
type reported struct{ error }

func (r reported) Unwrap() error { return r.error }

// report says an error on stderr and, with --log, where engines look for it.
// Its form is "tool: verb object: cause".
func (c *Call) report(err error) {
	if errors.As(err, &reported{}) {
		return
	}
	if c.logFile == nil {
		_ = c.openLog() // a usage error comes before the log is open
	}
	who := c.Tool
	if c.Verb != "" {
		who += ": " + c.Verb
	}
	if c.object != "" {
		who += " " + plain(c.object)
	}
	fmt.Fprintf(c.Stderr, "%s: %v\n", who, err)
	c.log("error", err.Error(), fail.Details(err))
}

// plain is the object as a line can hold it: what was typed may be anything, and a
// terminal or a log obeys control characters.
func plain(object string) string {
	if !utf8.ValidString(object) || strings.ContainsFunc(object, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(object)
	}
	return object
}

// Warnf is something a person should know that stops nothing.
func (c *Call) Warnf(format string, args ...any) {
	if c.Level == "error" && !c.Debug {
		return
	}
	text := fmt.Sprintf(format, args...)
	if c.Log == "" {
		fmt.Fprintf(c.Stderr, "%s: warning: %s\n", c.Tool, text)
	}
	c.log("warning", text, fail.Error{})
}

// Debugf says something with --debug or DEBUG=1 only.
func (c *Call) Debugf(format string, args ...any) {
	if !c.Debug && c.Level != "debug" {
		return
	}
	text := fmt.Sprintf(format, args...)
	if c.Log == "" {
		fmt.Fprintf(c.Stderr, "%s: debug: %s\n", c.Tool, text)
	}
	c.log("debug", text, fail.Error{})
}

func (c *Call) openLog() error {
	if c.Log == "" {
		return nil
	}
	name, file := strings.CutPrefix(c.Log, "file:")
	for _, other := range []string{"journald:", "syslog:"} {
		if strings.HasPrefix(c.Log, other) {
			return fail.Usage("--log: have %s, need a file", c.Log)
		}
	}
	if file && name == "" {
		return fail.Usage("--log: have no name, need a file")
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY|syscall.O_NONBLOCK, 0o644) // a pipe that nobody reads must not hold us
	if err != nil {
		return &fail.Error{Op: "--log", Cause: err}
	}
	c.logFile = f
	return nil
}

// log appends a line as logrus writes it, which engines parse.
func (c *Call) log(level, text string, d fail.Error) {
	if c.logFile == nil {
		return
	}
	at := time.Now().UTC().Format(time.RFC3339)
	line := fmt.Appendf(nil, "time=%q level=%s msg=%q\n", at, level, text)
	if c.LogFormat == "json" {
		line = append(jsonLine(level, text, at, d), '\n')
	}
	if _, err := c.logFile.Write(line); err != nil {
		fmt.Fprintf(c.Stderr, "%s: write log: %v\n", c.Tool, err)
	}
}

func jsonLine(level, text, at string, d fail.Error) []byte {
	b := []byte(`{"level":"` + level + `","msg":`)
	b = json.AppendString(b, text)
	b = append(b, `,"time":"`+at+`"`...)
	for _, kv := range [][2]string{{"code", string(d.Code)}, {"op", d.Op}, {"member", d.Member}, {"path", d.Path}, {"hint", d.Hint}} {
		if kv[1] != "" {
			b = json.AppendString(append(b, `,"`+kv[0]+`":`...), kv[1])
		}
	}
	if d.Errno != 0 {
		b = strconv.AppendInt(append(b, `,"errno":`...), int64(d.Errno), 10)
	}
	return append(b, '}')
}

package tool

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// report says an error on stderr and, with --log, where engines look for it.
func (c *Call) report(err error) {
	object := c.Tool
	if c.Verb != "" {
		object += ": " + c.Verb
		if len(c.Args) > 0 && c.Verb != "spec" {
			object += " " + c.Args[0]
		}
	}
	fmt.Fprintf(c.Stderr, "%s: %v\n", object, err)
	c.log("error", err.Error(), fail.Details(err))
}

// Warnf is something a person should know that stops nothing.
func (c *Call) Warnf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if c.Log == "" {
		fmt.Fprintf(c.Stderr, "%s: warning: %s\n", c.Tool, text)
	}
	c.log("warning", text, fail.Error{})
}

// Debugf says something with --debug or DEBUG=1 only.
func (c *Call) Debugf(format string, args ...any) {
	if !c.Debug {
		return
	}
	text := fmt.Sprintf(format, args...)
	if c.Log == "" {
		fmt.Fprintf(c.Stderr, "%s: %s\n", c.Tool, text)
	}
	c.log("debug", text, fail.Error{})
}

// log appends a line as logrus writes it, which engines parse.
func (c *Call) log(level, text string, d fail.Error) {
	if c.Log == "" {
		return
	}
	f, err := os.OpenFile(c.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		fmt.Fprintf(c.Stderr, "%s: open log: %v\n", c.Tool, err)
		return
	}
	defer f.Close()
	at := time.Now().Format(time.RFC3339)
	line := fmt.Sprintf("time=%q level=%s msg=%q\n", at, level, text)
	if c.LogFormat == "json" {
		b := append([]byte(nil), `{"level":`+quote(level)+`,"msg":`+quote(text)+`,"time":`+quote(at)...)
		for _, kv := range [][2]string{{"code", string(d.Code)}, {"op", d.Op}, {"member", d.Member}, {"path", d.Path}, {"hint", d.Hint}} {
			if kv[1] != "" {
				b = append(b, ","+quote(kv[0])+":"+quote(kv[1])...)
			}
		}
		if d.Errno != 0 {
			b = append(b, `,"errno":`+strconv.Itoa(int(d.Errno))...)
		}
		line = string(b) + "}\n"
	}
	if _, err := f.WriteString(line); err != nil {
		fmt.Fprintf(c.Stderr, "%s: write log: %v\n", c.Tool, err)
	}
}

// quote writes a JSON string.
func quote(s string) string {
	b := []byte{'"'}
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r < 0x20:
			b = fmt.Appendf(b, "\\u%04x", r)
		default:
			b = append(b, string(r)...)
		}
	}
	return string(append(b, '"'))
}

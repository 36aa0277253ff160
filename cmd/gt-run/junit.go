package main

import (
	"fmt"
	"strings"
)

// junit is what readers of JUnit's reports understand: one test, which is the
// command, with what it used as properties.
func junit(s *summary) []byte {
	failures, failure := 0, ""
	if s.Code != 0 {
		failures, failure = 1, fmt.Sprintf("\n    <failure message=\"exit code %d\"></failure>\n  ", s.Code)
	}
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="gt-run" tests="1" failures="%d" time="%.3f" timestamp="%s">
  <properties>
    <property name="id" value="%s"></property>
    <property name="code" value="%d"></property>
    <property name="use" value="%s"></property>
  </properties>
  <testcase classname="gt-run" name="%s" time="%.3f">%s</testcase>
</testsuite>
`, failures, s.Seconds, s.Finished, attribute(s.ID), s.Code, attribute(string(s.Use)),
		attribute(strings.Join(s.Command, " ")), s.Seconds, failure)
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "\n", "&#10;", "\t", "&#9;", "\r", "&#13;")

// attribute is a value as XML 1.0 can hold it: most control characters have no
// form there.
func attribute(text string) string {
	return escape.Replace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0xfffe || r == 0xffff {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd")))
}

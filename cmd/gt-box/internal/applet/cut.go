package applet

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

type span struct{ from, to int }

// cut -f list [-d char] [-s] | -c list [file…]
func cut(args []string) int {
	f, names, err := options(args, "f:d:c:b:s")
	if err != nil || !f.has('f') && !f.has('c') && !f.has('b') {
		return misuse(args, "usage: cut -f list [-d char] [-s] | -c list [file…]")
	}
	spans, err := spanList(f.value('f', f.value('c', f.value('b', ""))))
	if err != nil {
		return misuse(args, "%s", err)
	}
	sep := ""
	if f.has('f') {
		sep = f.value('d', "\t")
	}
	return inputs(args, names, func(_ string, r io.Reader) error {
		return lines(r, func(line string) bool {
			if sep != "" && !strings.Contains(line, sep) {
				if !f.has('s') {
					fmt.Fprintln(out, line)
				}
				return true
			}
			var kept []string
			for i, part := range strings.Split(line, sep) {
				if inSpans(spans, i+1) {
					kept = append(kept, part)
				}
			}
			fmt.Fprintln(out, strings.Join(kept, sep))
			return true
		})
	})
}

func inSpans(spans []span, n int) bool {
	for _, s := range spans {
		if n >= s.from && n <= s.to {
			return true
		}
	}
	return false
}

// spanList reads 1,3-5,7-.
func spanList(text string) ([]span, error) {
	const end = 1 << 30
	var spans []span
	for part := range strings.SplitSeq(text, ",") {
		from, to, ranged := strings.Cut(part, "-")
		s := span{1, end}
		var err error
		if from != "" {
			s.from, err = strconv.Atoi(from)
		}
		if !ranged {
			s.to = s.from
		} else if to != "" && err == nil {
			s.to, err = strconv.Atoi(to)
		}
		if err != nil || s.from < 1 || part == "" {
			return nil, fmt.Errorf("%s: need a list such as 1,3-5", text)
		}
		spans = append(spans, s)
	}
	return spans, nil
}

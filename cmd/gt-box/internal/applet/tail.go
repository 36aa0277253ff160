package applet

import (
	"io"
	"strconv"
	"strings"
)

// tail [-n lines | -n +first | -c bytes] [file…]
func tail(args []string) int {
	f, names, err := options(oldCount(args), "n:c:q")
	if err != nil {
		return misuse(args, "%s", err)
	}
	text := f.value('c', f.value('n', "10"))
	n, err := strconv.Atoi(strings.TrimPrefix(text, "-"))
	if err != nil || n < 0 {
		return misuse(args, "%s: need a number", text)
	}
	return inputs(args, names, func(name string, r io.Reader) error {
		title(names, name)
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		at := lastLines(data, n)
		switch {
		case f.has('c') && text[0] == '+':
			at = min(max(n-1, 0), len(data))
		case f.has('c'):
			at = max(len(data)-n, 0)
		case text[0] == '+':
			at = fromLine(data, n)
		}
		_, err = out.Write(data[at:])
		return err
	})
}

// lastLines is where the last n lines begin.
func lastLines(data []byte, n int) int {
	if n == 0 {
		return len(data)
	}
	at := len(data)
	if at > 0 && data[at-1] == '\n' {
		at--
	}
	for ; at > 0; at-- {
		if data[at-1] == '\n' {
			if n--; n == 0 {
				return at
			}
		}
	}
	return 0
}

// fromLine is where line n, counted from 1, begins.
func fromLine(data []byte, n int) int {
	at := 0
	for ; n > 1 && at < len(data); at++ {
		if data[at] == '\n' {
			n--
		}
	}
	return at
}

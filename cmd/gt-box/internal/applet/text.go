package applet

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// seq [first [step]] last
func seq(args []string) int {
	n := [3]int{1, 1, 0}
	order := [][]int{{}, {2}, {0, 2}, {0, 1, 2}}
	if len(args) < 2 || len(args) > 4 {
		return misuse(args, "usage: seq [first [step]] last")
	}
	for i, at := range order[len(args)-1] {
		v, err := strconv.Atoi(args[i+1])
		if err != nil {
			return misuse(args, "%s: need a number", args[i+1])
		}
		n[at] = v
	}
	if n[1] == 0 {
		return misuse(args, "need a step that is not 0")
	}
	for i := n[0]; n[1] > 0 && i <= n[2] || n[1] < 0 && i >= n[2]; i += n[1] {
		fmt.Fprintln(out, i)
	}
	return 0
}

// yes repeats its words until nobody reads them.
func yes(args []string) int {
	line := "y\n"
	if len(args) > 1 {
		line = strings.Join(args[1:], " ") + "\n"
	}
	for {
		if _, err := out.WriteString(line); err != nil {
			return fail(args, "write: %s", why(err))
		}
	}
}

// tee [-a] file…
func tee(args []string) int {
	f, names, err := options(args, "ai")
	if err != nil {
		return misuse(args, "%s", err)
	}
	how := os.O_TRUNC
	if f.has('a') {
		how = os.O_APPEND
	}
	sinks := []io.Writer{os.Stdout}
	status := each(args, names, func(name string) error {
		w, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|how, 0o666)
		if err == nil {
			sinks = append(sinks, w)
		}
		return err
	})
	if _, err := io.Copy(io.MultiWriter(sinks...), os.Stdin); err != nil {
		return fail(args, "%s", why(err))
	}
	return status
}

// uniq [-cdu] [file]
func uniq(args []string) int {
	f, names, err := options(args, "cdu")
	if err != nil || len(names) > 1 {
		return misuse(args, "usage: uniq [-cdu] [file]")
	}
	last, count := "", 0
	flush := func() {
		if count == 0 || f.has('d') && count == 1 || f.has('u') && count > 1 {
			return
		}
		if f.has('c') {
			fmt.Fprintf(out, "%7d ", count)
		}
		fmt.Fprintln(out, last)
	}
	status := inputs(args, names, func(_ string, r io.Reader) error {
		return lines(r, func(line string) bool {
			if line != last || count == 0 {
				flush()
				last, count = line, 0
			}
			count++
			return true
		})
	})
	flush()
	return status
}

// tr [-dsc] set [set]
func tr(args []string) int {
	f, sets, err := options(args, "+dscC")
	if err != nil || len(sets) == 0 || len(sets) == 1 && !f.has('d') && !f.has('s') {
		return misuse(args, "usage: tr [-dsc] set [set]")
	}
	from := trSet(sets[0])
	if f.has('c') || f.has('C') {
		from = complement(from)
	}
	var to []byte
	if len(sets) > 1 {
		to = trSet(sets[1])
	}
	var table [256]int
	for i := range table {
		table[i] = i
	}
	squeeze := to
	if len(to) == 0 || f.has('d') && len(sets) == 1 {
		squeeze = from
	}
	for i := len(from) - 1; i >= 0; i-- {
		if f.has('d') {
			table[from[i]] = -1
		} else if len(to) > 0 {
			table[from[i]] = int(to[min(i, len(to)-1)])
		}
	}
	last := -1
	in := bufio.NewReader(os.Stdin)
	for {
		c, err := in.ReadByte()
		if err == io.EOF {
			return 0
		}
		if err != nil {
			return fail(args, "%s", why(err))
		}
		n := table[c]
		if n < 0 || f.has('s') && n == last && strings.IndexByte(string(squeeze), byte(n)) >= 0 {
			continue
		}
		last = n
		if err := out.WriteByte(byte(n)); err != nil {
			return fail(args, "write: %s", why(err))
		}
	}
}

var trClasses = []struct{ name, set string }{
	{"[:lower:]", "abcdefghijklmnopqrstuvwxyz"},
	{"[:upper:]", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	{"[:digit:]", "0123456789"},
	{"[:space:]", "\t\n\v\f\r "},
	{"[:alpha:]", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"},
	{"[:alnum:]", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"},
}

// trSet lists the bytes of a set: escapes, classes, ranges.
func trSet(text string) []byte {
	for _, c := range trClasses {
		text = strings.ReplaceAll(text, c.name, c.set)
	}
	text, _ = unescape(text, false)
	var set []byte
	for i := 0; i < len(text); i++ {
		if i+2 < len(text) && text[i+1] == '-' && text[i] <= text[i+2] {
			for c := int(text[i]); c <= int(text[i+2]); c++ {
				set = append(set, byte(c))
			}
			i += 2
			continue
		}
		set = append(set, text[i])
	}
	return set
}

func complement(set []byte) []byte {
	var rest []byte
	for c := range 256 {
		if strings.IndexByte(string(set), byte(c)) < 0 {
			rest = append(rest, byte(c))
		}
	}
	return rest
}

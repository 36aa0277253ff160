package applet

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// sorted is sort [-nru] [-k field] [-t separator] [file…]
func sorted(args []string) int {
	f, names, err := options(args, "nruk:t:")
	if err != nil {
		return misuse(args, "%s", err)
	}
	field := 0
	if f.has('k') {
		first, _, _ := strings.Cut(f.value('k', ""), ",")
		if field, err = strconv.Atoi(strings.TrimRight(first, "nr")); err != nil || field < 1 {
			return misuse(args, "%s: need the number of a field", f.value('k', ""))
		}
	}
	numeric := f.has('n') || strings.Contains(f.value('k', ""), "n")
	var all []string
	status := inputs(args, names, func(_ string, r io.Reader) error {
		return lines(r, func(line string) bool {
			all = append(all, line)
			return true
		})
	})
	key := func(line string) string {
		if field == 0 {
			return line
		}
		parts := strings.Fields(line)
		if f.has('t') {
			parts = strings.Split(line, f.value('t', ""))
		}
		if field > len(parts) {
			return ""
		}
		return parts[field-1]
	}
	order := func(a, b string) int {
		n := 0
		if numeric {
			n = cmp.Compare(number(key(a)), number(key(b)))
		} else {
			n = strings.Compare(key(a), key(b))
		}
		if n == 0 && !f.has('u') {
			n = strings.Compare(a, b)
		}
		if f.has('r') {
			n = -n
		}
		return n
	}
	slices.SortStableFunc(all, order)
	if f.has('u') {
		all = slices.CompactFunc(all, func(a, b string) bool { return order(a, b) == 0 })
	}
	for _, line := range all {
		fmt.Fprintln(out, line)
	}
	return status
}

// number is the number at the start of a text, 0 if there is none.
func number(text string) float64 {
	text = strings.TrimSpace(text)
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == '.' || end == 0 && text[end] == '-') {
		end++
	}
	v, err := strconv.ParseFloat(text[:end], 64)
	if err != nil {
		return 0
	}
	return v
}

package applet

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// wc [-lwc] [file…]
func wc(args []string) int {
	f, names, err := options(args, "lwcm")
	if err != nil {
		return misuse(args, "%s", err)
	}
	var total [3]int
	line := func(n [3]int, name string) {
		var cols []string
		for i, c := range "lwc" {
			if f.has(byte(c)) || c == 'c' && f.has('m') || len(f) == 0 {
				cols = append(cols, fmt.Sprint(n[i]))
			}
		}
		if name != "-" {
			cols = append(cols, name)
		}
		fmt.Fprintln(out, strings.Join(cols, " "))
	}
	status := inputs(args, names, func(name string, r io.Reader) error {
		data, err := io.ReadAll(r)
		n := [3]int{bytes.Count(data, []byte{'\n'}), len(bytes.Fields(data)), len(data)}
		for i := range total {
			total[i] += n[i]
		}
		line(n, name)
		return err
	})
	if len(names) > 1 {
		line(total, "total")
	}
	return status
}

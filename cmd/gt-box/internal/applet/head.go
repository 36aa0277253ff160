package applet

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

// head [-n lines | -c bytes] [file…]
func head(args []string) int {
	f, names, err := options(oldCount(args), "n:c:q")
	if err != nil {
		return misuse(args, "%s", err)
	}
	n, err := strconv.Atoi(f.value('c', f.value('n', "10")))
	if err != nil || n < 0 {
		return misuse(args, "need a number")
	}
	return inputs(args, names, func(name string, r io.Reader) error {
		title(names, name)
		if f.has('c') {
			_, err := io.Copy(out, io.LimitReader(r, int64(n)))
			return err
		}
		b := bufio.NewReader(r)
		for range n {
			line, err := b.ReadString('\n')
			fmt.Fprint(out, line)
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// title is the line above each of several files.
func title(names []string, name string) {
	if len(names) > 1 {
		fmt.Fprintf(out, "==> %s <==\n", name)
	}
}

// oldCount turns -5 into -n5.
func oldCount(args []string) []string {
	if len(args) > 1 && len(args[1]) > 1 && args[1][0] == '-' {
		if _, err := strconv.Atoi(args[1][1:]); err == nil {
			args = append([]string{args[0], "-n" + args[1][1:]}, args[2:]...)
		}
	}
	return args
}

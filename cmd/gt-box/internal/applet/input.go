package applet

import (
	"bufio"
	"io"
	"os"
)

// open opens an operand for reading; "-" is stdin. The caller closes it.
func open(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	return os.Open(name)
}

// inputs runs do for every file, or for stdin if none is named.
func inputs(args, names []string, do func(name string, r io.Reader) error) int {
	if len(names) == 0 {
		names = []string{"-"}
	}
	return each(args, names, func(name string) error {
		r, err := open(name)
		if err != nil {
			return err
		}
		err = do(name, r)
		if e := r.Close(); err == nil {
			err = e
		}
		return err
	})
}

// lines calls do with every line, without its newline, until do is false.
func lines(r io.Reader, do func(string) bool) error {
	b := bufio.NewReader(r)
	for {
		line, err := b.ReadString('\n')
		if err == io.EOF && line == "" {
			return nil
		}
		if err != nil && err != io.EOF {
			return err
		}
		if n := len(line); line[n-1] == '\n' {
			line = line[:n-1]
		}
		if !do(line) || err == io.EOF {
			return nil
		}
	}
}

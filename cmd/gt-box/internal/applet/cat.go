package applet

import (
	"io"
	"os"
)

// cat copies past Out: what it copies may be endless, or come slowly.
func cat(args []string) int {
	_, names, err := options(args, "u")
	if err != nil {
		return misuse(args, "%s", err)
	}
	return inputs(args, names, func(_ string, r io.Reader) error {
		_, err := io.Copy(os.Stdout, r)
		return err
	})
}

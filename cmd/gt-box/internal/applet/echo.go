package applet

import (
	"fmt"
	"os"
	"strings"
)

// Pure runs one of the applets that only print, for the shell: what goes to
// stdout, the complaint for stderr, and the status.
func Pure(args []string) (text, complaint string, status int) {
	switch args[0] {
	case "echo":
		return echoText(args[1:]), "", 0
	case "printf":
		return format(args)
	}
	ok, err := evaluate(args)
	switch {
	case err != nil:
		return "", args[0] + ": " + err.Error(), 2
	case ok:
		return "", "", 0
	}
	return "", "", 1
}

func pure(args []string) int {
	text, complaint, status := Pure(args)
	fmt.Fprint(out, text)
	if complaint != "" {
		fmt.Fprintln(os.Stderr, complaint)
	}
	return status
}

func echo(args []string) int { return pure(args) }

func printf(args []string) int { return pure(args) }

func test(args []string) int { return pure(args) }

// echoText is the output of echo [-neE] word…
func echoText(words []string) string {
	newline, escapes := "\n", false
	for len(words) > 0 && len(words[0]) > 1 && strings.Trim(words[0][1:], "neE") == "" && words[0][0] == '-' {
		for _, c := range words[0][1:] {
			switch c {
			case 'n':
				newline = ""
			case 'e':
				escapes = true
			default:
				escapes = false
			}
		}
		words = words[1:]
	}
	text := strings.Join(words, " ")
	if escapes {
		var stop bool
		if text, stop = unescape(text, true); stop {
			newline = ""
		}
	}
	return text + newline
}

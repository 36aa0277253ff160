package applet

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// tty prints the name of the terminal on stdin; 1 if there is none.
func tty(args []string) int {
	f, _, err := options(args, "s")
	if err != nil {
		return misuse(args, "%s", err)
	}
	name, status := "not a tty", 1
	if _, err := unix.IoctlGetTermios(0, unix.TCGETS); err == nil {
		status = 0
		if name, err = os.Readlink("/proc/self/fd/0"); err != nil {
			name = "/dev/tty"
		}
	}
	if !f.has('s') {
		fmt.Fprintln(out, name)
	}
	return status
}

// stty size | rows N | cols N | -a | raw | sane | echo | -echo
func stty(args []string) int {
	w, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
	if err != nil {
		return fail(args, "stdin: %s", err)
	}
	words := args[1:]
	if len(words) == 0 {
		words = []string{"-a"}
	}
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case "size":
			fmt.Fprintln(out, w.Row, w.Col)
		case "-a":
			sttyShow(w)
		case "rows", "cols", "columns":
			if i+1 >= len(words) {
				return misuse(args, "%s needs a number", words[i])
			}
			n, err := strconv.ParseUint(words[i+1], 10, 16)
			if err != nil {
				return misuse(args, "%s: need a number", words[i+1])
			}
			if words[i] == "rows" {
				w.Row = uint16(n)
			} else {
				w.Col = uint16(n)
			}
			i++
			if err := unix.IoctlSetWinsize(0, unix.TIOCSWINSZ, w); err != nil {
				return fail(args, "set size: %s", err)
			}
		default:
			if err := sttyMode(words[i]); err != nil {
				return fail(args, "%s: %s", words[i], err)
			}
		}
	}
	return 0
}

func sttyShow(w *unix.Winsize) {
	fmt.Fprintf(out, "rows %d; columns %d;", w.Row, w.Col)
	if t, err := unix.IoctlGetTermios(0, unix.TCGETS); err == nil {
		for _, f := range []struct {
			name string
			on   bool
		}{
			{"isig", t.Lflag&unix.ISIG != 0},
			{"icanon", t.Lflag&unix.ICANON != 0},
			{"echo", t.Lflag&unix.ECHO != 0},
			{"opost", t.Oflag&unix.OPOST != 0},
			{"onlcr", t.Oflag&unix.ONLCR != 0},
			{"icrnl", t.Iflag&unix.ICRNL != 0},
		} {
			sign := " -"
			if f.on {
				sign = " "
			}
			fmt.Fprint(out, sign, f.name)
		}
	}
	fmt.Fprintln(out)
}

func sttyMode(word string) error {
	t, err := unix.IoctlGetTermios(0, unix.TCGETS)
	if err != nil {
		return err
	}
	switch word {
	case "echo":
		t.Lflag |= unix.ECHO
	case "-echo":
		t.Lflag &^= unix.ECHO
	case "onlcr":
		t.Oflag |= unix.ONLCR
	case "-onlcr":
		t.Oflag &^= unix.ONLCR
	case "raw":
		t.Lflag &^= unix.ISIG | unix.ICANON | unix.ECHO | unix.IEXTEN
		t.Iflag &^= unix.ICRNL | unix.IXON | unix.BRKINT | unix.INPCK | unix.ISTRIP
		t.Oflag &^= unix.OPOST
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	case "sane", "-raw":
		t.Lflag |= unix.ISIG | unix.ICANON | unix.ECHO | unix.IEXTEN
		t.Iflag |= unix.ICRNL | unix.IXON | unix.BRKINT
		t.Oflag |= unix.OPOST | unix.ONLCR
	default:
		return fmt.Errorf("no such mode")
	}
	return unix.IoctlSetTermios(0, unix.TCSETSW, t)
}

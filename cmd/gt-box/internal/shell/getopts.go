package shell

import (
	"strconv"
	"strings"
)

// getopts reads the next option of the arguments: `getopts abc: name [arg…]`.
// The position inside a bundle such as -ab is kept in OPTIND's companion.
func (s *Shell) getopts(args []string) int {
	if len(args) < 3 {
		return s.wrong("getopts", "need option letters and a variable")
	}
	spec, name, list := args[1], args[2], s.params
	if len(args) > 3 {
		list = args[3:]
	}
	ind, err := strconv.Atoi(s.value("OPTIND"))
	if err != nil || ind < 1 {
		ind = 1
	}
	if ind != s.optInd {
		s.optInd, s.optPos = ind, 1
	}
	if ind > len(list) || len(list[ind-1]) < 2 || list[ind-1][0] != '-' || list[ind-1] == "--" {
		if ind <= len(list) && list[ind-1] == "--" {
			ind++
		}
		s.option(ind, name, "?", "")
		return 1
	}
	word := list[ind-1]
	letter := word[s.optPos : s.optPos+1]
	s.optPos++
	at := strings.Index(spec, letter)
	silent := strings.HasPrefix(spec, ":")
	rest := word[s.optPos:]
	if rest == "" || at >= 0 && strings.HasPrefix(spec[at+1:], ":") {
		ind++
		s.optPos = 1
	}
	switch {
	case at < 0 || letter == ":":
		if silent {
			s.option(ind, name, "?", letter)
		} else {
			s.complain("no such option: -%s", letter)
			s.option(ind, name, "?", "")
		}
	case !strings.HasPrefix(spec[at+1:], ":"):
		s.option(ind, name, letter, "")
	case rest != "":
		s.option(ind, name, letter, rest)
	case ind <= len(list):
		s.option(ind+1, name, letter, list[ind-1])
	case silent:
		s.option(ind, name, ":", letter)
	default:
		s.complain("-%s needs a value", letter)
		s.option(ind, name, "?", "")
	}
	return 0
}

func (s *Shell) option(ind int, name, value, arg string) {
	s.optInd = ind
	s.put("OPTIND", strconv.Itoa(ind))
	s.put(name, value)
	s.put("OPTARG", arg)
}

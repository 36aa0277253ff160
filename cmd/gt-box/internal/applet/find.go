package applet

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

type seeking struct {
	kind      string
	name      string
	pathLike  string
	max, min  int
	perm      uint64
	exact     bool
	user      int
	xdev      bool
	delete    bool
	zero      bool
	links     uint64
	exec      []string
	needsPerm bool
}

// find [dir…] [-name p] [-path p] [-type c] [-perm m] [-user u] [-maxdepth n]
// [-mindepth n] [-xdev] [-delete] [-print|-print0] [-exec cmd… ;]: all tests
// have to hold.
func find(args []string) int {
	rest := args[1:]
	var roots []string
	for len(rest) > 0 && (rest[0] == "" || rest[0][0] != '-') {
		roots, rest = append(roots, rest[0]), rest[1:]
	}
	if roots == nil {
		roots = []string{"."}
	}
	s := &seeking{max: 1 << 30, user: -1}
	if err := s.parse(rest); err != nil {
		return misuse(args, "%s", err)
	}
	status := 0
	for _, root := range roots {
		if s.walk(args, root) != nil {
			status = 1
		}
	}
	return status
}

func (s *seeking) parse(rest []string) error {
	for len(rest) > 0 {
		word := rest[0]
		rest = rest[1:]
		switch word {
		case "-print", "-print0", "-xdev", "-delete":
			s.zero = s.zero || word == "-print0"
			s.xdev = s.xdev || word == "-xdev"
			s.delete = s.delete || word == "-delete"
			continue
		case "-exec":
			for len(rest) > 0 && rest[0] != ";" && rest[0] != "+" {
				s.exec, rest = append(s.exec, rest[0]), rest[1:]
			}
			if len(rest) == 0 || s.exec == nil {
				return fmt.Errorf("-exec needs a command and ;")
			}
			rest = rest[1:]
			continue
		}
		if len(rest) == 0 {
			return fmt.Errorf("%s: no such test, or it needs a value", word)
		}
		if err := s.test(word, rest[0]); err != nil {
			return err
		}
		rest = rest[1:]
	}
	return nil
}

func (s *seeking) test(word, value string) (err error) {
	switch word {
	case "-name":
		s.name = value
	case "-path":
		s.pathLike = value
	case "-type":
		s.kind = value
	case "-maxdepth":
		s.max, err = strconv.Atoi(value)
	case "-mindepth":
		s.min, err = strconv.Atoi(value)
	case "-user":
		s.user, err = account("/etc/passwd", value)
	case "-links":
		s.links, err = strconv.ParseUint(value, 10, 32)
	case "-perm":
		s.needsPerm = true
		s.exact = !strings.HasPrefix(value, "-") && !strings.HasPrefix(value, "/")
		s.perm, err = strconv.ParseUint(strings.TrimLeft(value, "-/"), 8, 12)
	default:
		return fmt.Errorf("%s: no such test", word)
	}
	if err != nil {
		return fmt.Errorf("%s %s: need a number", word, value)
	}
	return nil
}

func (s *seeking) walk(args []string, root string) error {
	var device uint64
	var bad error
	var doomed []string
	// What goes wrong below is collected in bad.
	_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			bad = err
			fail(args, "%s: %s", p, why(err))
			return nil
		}
		depth := strings.Count(strings.TrimPrefix(p, root), "/")
		if root == "/" && p != "/" {
			depth = strings.Count(p, "/")
		} else if strings.HasSuffix(root, "/") && p != root {
			depth++
		}
		info, err := d.Info()
		if err != nil {
			bad = err
			return nil
		}
		st := info.Sys().(*unixStat)
		if device == 0 {
			device = st.Dev
		}
		if depth >= s.min && depth <= s.max && s.holds(p, st) {
			if err := s.act(args, p, &doomed); err != nil {
				bad = err
			}
		}
		if d.IsDir() && (depth >= s.max || s.xdev && st.Dev != device) {
			return fs.SkipDir
		}
		return nil
	})
	for i := len(doomed) - 1; i >= 0; i-- {
		if err := os.Remove(doomed[i]); err != nil {
			bad = err
			fail(args, "%s: %s", doomed[i], why(err))
		}
	}
	return bad
}

func (s *seeking) holds(p string, st *unixStat) bool {
	if s.name != "" {
		if ok, err := path.Match(s.name, path.Base(p)); !ok || err != nil {
			return false
		}
	}
	if s.pathLike != "" {
		// Unlike the parts of a path, a star of -path matches slashes too.
		flat := strings.NewReplacer("/", "\x00")
		if ok, err := path.Match(flat.Replace(s.pathLike), flat.Replace(p)); !ok || err != nil {
			return false
		}
	}
	kind := modeString(st.Mode)[0]
	if kind == '-' {
		kind = 'f'
	}
	if s.kind != "" && s.kind[0] != kind {
		return false
	}
	if s.needsPerm {
		have := uint64(st.Mode & 0o7777)
		if s.exact && have != s.perm || !s.exact && have&s.perm != s.perm {
			return false
		}
	}
	return (s.user < 0 || st.Uid == uint32(s.user)) && (s.links == 0 || uint64(st.Nlink) == s.links)
}

func (s *seeking) act(args []string, p string, doomed *[]string) error {
	if s.delete {
		*doomed = append(*doomed, p)
		return nil
	}
	if s.exec == nil {
		end := "\n"
		if s.zero {
			end = "\x00"
		}
		fmt.Fprint(out, p, end)
		return nil
	}
	if err := out.Flush(); err != nil {
		return err
	}
	call := make([]string, len(s.exec))
	for i, w := range s.exec {
		call[i] = strings.ReplaceAll(w, "{}", p)
	}
	runCommand(args, call)
	return nil
}

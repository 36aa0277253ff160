package testscripts

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// commands are what scenarios have beside testscript's own.
var commands = map[string]func(*testscript.TestScript, bool, []string){
	"waitfile":  waitFile,
	"jsonpath":  jsonPath,
	"canary":    canary,
	"leftovers": leftovers,
	"console":   consoleDo,
	"exchange":  exchange,
}

// waitfile FILE [REGEXP] waits up to a minute until FILE exists and, if given,
// matches; ! waitfile FILE until it is gone.
func waitFile(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: waitfile FILE [REGEXP]")
	}
	re := regexp.MustCompile("(?m)" + strings.Join(args[1:], ""))
	file := ts.MkAbs(args[0])
	var data []byte
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		_, err = os.Lstat(file)
		if err == nil && len(args) == 2 {
			data, err = os.ReadFile(file)
		}
		if (err == nil && (len(args) == 1 || re.Match(data))) != neg {
			return
		}
	}
	ts.Fatalf("waitfile %s: nothing after a minute: %v\n%s", args[0], err, data)
}

// jsonpath FILE POINTER [VALUE] holds if in at least one document of FILE
// (which may be stdout or stderr; JSON lines are many documents) the member at
// the JSON pointer exists and equals VALUE, a plain string or JSON.
func jsonPath(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: jsonpath FILE POINTER [VALUE]")
	}
	text := ts.ReadFile(args[0])
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	found := false
	for dec.More() {
		var doc any
		if err := dec.Decode(&doc); err != nil {
			ts.Fatalf("jsonpath %s: %v\n%s", args[0], err, text)
		}
		v, ok := member(doc, args[1])
		found = found || ok && (len(args) == 2 || equal(v, args[2]))
	}
	if found == neg {
		ts.Fatalf("jsonpath %s: %v is %v\n%s", args[0], args[1:], found, text)
	}
}

// member follows a JSON pointer (RFC 6901).
func member(doc any, pointer string) (any, bool) {
	if pointer == "" || pointer == "/" {
		return doc, true
	}
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for _, key := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		switch v := doc.(type) {
		case map[string]any:
			m, ok := v[unescape.Replace(key)]
			if !ok {
				return nil, false
			}
			doc = m
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			doc = v[i]
		default:
			return nil, false
		}
	}
	return doc, true
}

func equal(v any, want string) bool {
	if s, ok := v.(string); ok {
		return s == want
	}
	have, err := json.Marshal(v)
	if err != nil {
		return false
	}
	var norm any
	dec := json.NewDecoder(strings.NewReader(want))
	dec.UseNumber()
	if dec.Decode(&norm) != nil {
		return false
	}
	b, err := json.Marshal(norm)
	return err == nil && string(b) == string(have)
}

// canary FILE… watches more files than every scenario does by itself; canary
// alone compares now, and the end of the scenario compares again.
func canary(ts *testscript.TestScript, neg bool, args []string) {
	s := sceneOf(ts)
	if len(args) > 0 {
		for i := range args {
			args[i] = ts.MkAbs(args[i])
		}
		ts.Check(s.watch(args...))
		return
	}
	if c := s.changed(); (len(c) > 0) != neg {
		ts.Fatalf("canary: %s", strings.Join(c, "\n"))
	}
}

// leftovers fails if the scenario has anything alive, mounted or registered at
// this point; ! leftovers if it has not.
func leftovers(ts *testscript.TestScript, neg bool, args []string) {
	grace := ending
	if neg {
		grace = 0
	}
	if l := sceneOf(ts).leftovers(grace); (len(l) > 0) != neg {
		ts.Fatalf("leftovers:\n%s", strings.Join(l, "\n"))
	}
}

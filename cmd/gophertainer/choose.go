package main

// A choice is the tool to become and what it is given. Without a tool the help
// text is shown. exit is the code if the tool cannot be had.
type choice struct {
	tool string
	args []string
	exit int
}

// tools are the verbs that are not gt-oci's. An engine's checkpoint comes with
// the global options of a runtime, so the verb stays in its place.
var tools = map[string]string{
	"checkpoint":        "gt-ckpt",
	"restore":           "gt-ckpt",
	"checkpoint-list":   "gt-ckpt",
	"checkpoint-delete": "gt-ckpt",
}

// globals are gt-oci's options before the verb, and whether they take a value
// as a word of its own.
var globals = map[string]bool{
	"root": true, "log": true, "log-format": true, "log-level": true, "cgroup-manager": true, "criu": true,
	"debug": false, "systemd-cgroup": false, "rootless": false,
}

func choose(args []string) choice {
	if len(args) == 0 {
		return choice{exit: exitUsage}
	}
	verb, found := find(args)
	switch {
	case !found:
		return choice{tool: "gt-run", args: args, exit: exitRun}
	case verb == len(args):
		return choice{exit: exitUsage}
	}
	return dispatch(args, verb)
}

// find returns the index of the verb. It is not found if an option that gt-oci
// does not have, or --, comes first.
func find(args []string) (int, bool) {
	i := 0
	for i < len(args) {
		name, value, ok := option(args[i])
		if !ok {
			return i, true
		}
		switch name {
		case "help", "h", "version":
			return i, true
		case "v":
			return i, len(args) == i+1
		}
		takes, known := globals[name]
		if !known {
			return 0, false
		}
		i++
		// runc's --rootless has an optional value that may be a word of its own.
		if takes && !value || name == "rootless" && !value && i < len(args) && truth(args[i]) {
			i++
		}
	}
	return min(i, len(args)), true
}

func dispatch(args []string, verb int) choice {
	word := args[verb]
	if tool, ok := tools[word]; ok {
		return choice{tool: tool, args: args, exit: exitFailed}
	}
	switch word {
	case "plugin":
		return choice{tool: "gt-plugin", args: append(args[:verb:verb], args[verb+1:]...), exit: exitFailed}
	case "help", "--help", "-help", "-h":
		return help(args[verb+1:])
	}
	return choice{tool: "gt-oci", args: args, exit: exitFailed}
}

// help of a verb is the tool's own.
func help(args []string) choice {
	if len(args) == 0 {
		return choice{}
	}
	if args[0] == "help" {
		return choice{}
	}
	return dispatch([]string{args[0], "--help"}, 0)
}

// option takes -name, --name and --name=value apart. A lone dash is a word.
func option(word string) (name string, value, ok bool) {
	if len(word) < 2 || word[0] != '-' {
		return "", false, false
	}
	name = word[1:]
	if name[0] == '-' {
		name = name[1:]
	}
	for i := range len(name) {
		if name[i] == '=' {
			return name[:i], true, true
		}
	}
	return name, false, true
}

func truth(word string) bool {
	return word == "true" || word == "false" || word == "auto"
}

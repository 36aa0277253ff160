package main

import (
	"fmt"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/verb"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// completion prints what a shell reads to complete gt-run: options and verbs come
// from the same tables as the help, names of containers from gt-run ps.
func completion(args []string) (int, error) {
	if len(args) == 1 && (args[0] == "--help" || args[0] == "-h") {
		_, err := fmt.Println("usage: gt-run completion bash|zsh|fish")
		return codeOf(err), err
	}
	if len(args) != 1 {
		return exitFailed, fail.Usage("completion: have %d arguments, need one of bash zsh fish", len(args))
	}
	script := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}[args[0]]
	if script == "" {
		return exitFailed, fail.Usage("completion: have %q, need bash, zsh or fish", args[0])
	}
	flags := table(&options{}, new(bool)).Names()
	for i := range flags {
		flags[i] = "--" + flags[i]
	}
	replace := strings.NewReplacer("FLAGS", strings.Join(flags, " "), "VERBS", strings.Join(verb.Names(), " "))
	_, err := fmt.Print(replace.Replace(script))
	return codeOf(err), err
}

const bashScript = `# gt-run for bash: source <(gt-run completion bash)
_gt_run() {
	local word=${COMP_WORDS[COMP_CWORD]} verbs="VERBS" first=${COMP_WORDS[1]}
	case $word in
	-*)
		local flags="FLAGS"
		if [[ " $verbs " == *" $first "* ]]; then
			flags=$(gt-run "$first" --help 2>/dev/null | grep -o -- '--[a-z][a-z0-9-]*' | sort -u)
		fi
		COMPREPLY=($(compgen -W "$flags" -- "$word"))
		;;
	*)
		if [ "$COMP_CWORD" = 1 ]; then
			COMPREPLY=($(compgen -W "$verbs run" -- "$word") $(compgen -c -- "$word"))
		elif [[ " $verbs " == *" $first "* ]]; then
			COMPREPLY=($(compgen -W "$(gt-run ps -aq 2>/dev/null)" -- "$word"))
		else
			COMPREPLY=($(compgen -f -- "$word"))
		fi
		;;
	esac
}
complete -o filenames -F _gt_run gt-run
`

const zshScript = `#compdef gt-run
# gt-run for zsh: source <(gt-run completion zsh)
_gt_run() {
	local -a verbs=(VERBS run) flags=(FLAGS)
	if [[ $PREFIX == -* ]]; then
		if (( ${verbs[(Ie)$words[2]]} )); then
			flags=(${(f)"$(gt-run $words[2] --help 2>/dev/null | grep -o -- '--[a-z][a-z0-9-]*' | sort -u)"})
		fi
		compadd -- $flags
	elif (( CURRENT == 2 )); then
		compadd -- $verbs
		_command_names
	elif (( ${verbs[(Ie)$words[2]]} )); then
		compadd -- ${(f)"$(gt-run ps -aq 2>/dev/null)"}
	else
		_files
	fi
}
compdef _gt_run gt-run
`

const fishScript = `# gt-run for fish: gt-run completion fish | source
set -l verbs VERBS
complete -c gt-run -n "not __fish_seen_subcommand_from $verbs" -a "$verbs run"
complete -c gt-run -n "__fish_seen_subcommand_from $verbs" -f -a "(gt-run ps -aq 2>/dev/null)"
for flag in FLAGS
	complete -c gt-run -n "not __fish_seen_subcommand_from $verbs" -l (string sub -s 3 -- $flag)
end
`

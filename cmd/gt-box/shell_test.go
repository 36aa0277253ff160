package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// scripts behave the same in every POSIX shell: out and status are held
// against dash and busybox where those are installed.
var scripts = []struct {
	name, script, out string
	status            int
}{
	{"words", `echo a  'b  c' "d $(echo e)" f\ g`, "a b  c d e f g\n", 0},
	{"default", `unset x; echo ${x:-d} ${x-e}; x=; echo "${x:-d}" "${x-e}"; echo ${x:=y} $x; echo ${x:+set}`, "d e\nd \ny y\nset\n", 0},
	{"must be set", `echo ${nope:?gone}; echo after`, "", 2},
	{"strip", `x=a/b/c.tar.gz; echo ${x#*/} ${x##*/} ${x%.*} ${x%%.*} ${#x}`, "b/c.tar.gz c.tar.gz a/b/c.tar a/b/c 12\n", 0},
	{"args", `set -- a "b c" d; echo $# "$2"; for i in "$@"; do echo "<$i>"; done; echo "$*"; shift 2; echo $1`, "3 b c\n<a>\n<b c>\n<d>\na b c d\nd\n", 0},
	{"ifs", `IFS=:; x=a:b:c; set -- $x; echo $#; echo "$*"`, "3\na:b:c\n", 0},
	{"arithmetic", `x=5; echo $((x*2+1)) $(( (x>3) && (x<9) )) $((0x10)) $((7%4)) $((1<<4))`, "11 1 16 3 16\n", 0},
	{"if", `if false; then echo a; elif true; then echo b; else echo c; fi`, "b\n", 0},
	{"if none", `if false; then echo a; fi; echo $?`, "0\n", 0},
	{"while", `i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; echo $i; done`, "1\n3\n", 0},
	{"until", `i=0; until [ $i -ge 2 ]; do echo $i; i=$((i+1)); done`, "0\n1\n", 0},
	{"break 2", `for a in 1 2; do for b in x y; do [ $b = y ] && break 2; echo $a$b; done; done; echo end`, "1x\nend\n", 0},
	{"continue 2", `for a in 1 2; do for b in x y; do [ $b = y ] && continue 2; echo $a$b; done; done`, "1x\n2x\n", 0},
	{"break in cond", `while break; do echo no; done; echo $?`, "0\n", 0},
	{"case", `for x in abc b1 '*' q; do case $x in a*|z) echo A;; b[0-9]) echo B;; '*') echo S;; *) echo D;; esac; done`, "A\nB\nS\nD\n", 0},
	{"function", `f() { echo "$1-$#"; return 3; }; f x y; echo $?; f() { echo new; }; f`, "x-2\n3\nnew\n", 0},
	{"local", `x=1; f() { local x; x=2; echo $x; }; f; echo $x`, "2\n1\n", 0},
	{"recursion", `f() { [ $1 -eq 0 ] && return; echo $1; f $(($1-1)); }; f 3`, "3\n2\n1\n", 0},
	{"and or", `true && echo a || echo b; false && echo c || echo d; ! false && echo e`, "a\nd\ne\n", 0},
	{"status", `false; echo $?; true; echo $?; (exit 7); echo $?; ! true; echo $?`, "1\n0\n7\n1\n", 0},
	{"exit", `echo a; exit 5; echo b`, "a\n", 5},
	{"exit in subshell", `(exit 3); echo $?; { echo x; exit 4; }; echo no`, "3\nx\n", 4},
	{"last status", `false`, "", 1},
	{"errexit", `set -e; echo a; false; echo b`, "a\n", 1},
	{"errexit spares conditions", `set -e; if false; then :; fi; false || true; ! true; while false; do :; done; echo ok`, "ok\n", 0},
	{"errexit and list", `set -e; true && false; echo ok`, "", 1},
	{"errexit false and", `set -e; false && true; echo ok`, "ok\n", 0},
	{"errexit function", `set -e; f() { false; echo in; }; if f; then echo y; fi; f; echo no`, "in\ny\n", 1},
	{"errexit subst", `set -e; x=$(false); echo no`, "", 1},
	{"errexit subshell", `set -e; (false; echo no); echo no`, "", 1},
	{"nounset", `set -u; echo a; echo $nope; echo b`, "a\n", 2},
	{"pipe", `printf 'b\na\n' | sort | cat -`, "a\nb\n", 0},
	{"pipe status", `true | false; echo $?; false | true; echo $?`, "1\n0\n", 0},
	{"pipe into loop", `printf '1\n2\n' | while read x; do echo "got $x"; done`, "got 1\ngot 2\n", 0},
	{"pipe from loop", `for i in 3 1 2; do echo $i; done | sort`, "1\n2\n3\n", 0},
	{"pipe from function", `f() { echo a; echo b; }; f | wc -l | tr -d ' '`, "2\n", 0},
	{"pipe keeps variables", `x=1; echo 2 | read x; echo $x`, "1\n", 0},
	{"nobody reads", `while :; do echo y; done | head -n 1; echo end`, "y\nend\n", 0},
	{"subst", "echo $(echo a; echo b) `echo c` \"$(printf 'd\\n\\n')\"", "a b c d\n", 0},
	{"dollar before subst", "(echo \"cost: $`echo 5`\")", "cost: $5\n", 0},
	{"subst nested", `echo $(echo $(echo deep))`, "deep\n", 0},
	{"subst status", `x=$(exit 3); echo $?`, "3\n", 0},
	{"subst changes nothing", `x=1; y=$(x=2; echo $x); echo $x $y; cd /; z=$(cd /usr; pwd); pwd; echo $z`, "1 2\n/\n/usr\n", 0},
	{"redirect", `echo a >f; echo b >>f; cat <f; cat f 2>/dev/null; cat nosuch 2>/dev/null; echo $?`, "a\nb\na\nb\n1\n", 0},
	{"redirect stderr", `{ echo o; echo e >&2; } 2>&1 | sort`, "e\no\n", 0},
	{"redirect order", `{ echo o; echo e >&2; } 2>&1 >/dev/null | cat`, "e\n", 0},
	{"redirect block", `{ echo a; echo b; } >f; while read x; do echo "<$x>"; done <f`, "<a>\n<b>\n", 0},
	{"high descriptors", `exec 3>f 4>&1; echo x >&3; exec 3>&-; cat f >&4; cat 5<f <&5`, "x\nx\n", 0},
	{"closed", `cat /dev/null 2>/dev/null >&7 || echo refused`, "refused\n", 0},
	{"read write", `echo abc >f; exec 3<>f; read x <&3; echo $x`, "abc\n", 0},
	{"here", "x=1; cat <<EOF\na $x $(echo b) \\$x\nEOF\ncat <<'EOF'\n$x\nEOF\ncat <<-EOF\n\t\ttab\n\tEOF\n", "a 1 b $x\n$x\ntab\n", 0},
	{"here twice", "cat <<A; cat <<B\na\nA\nb\nB\n", "a\nb\n", 0},
	{"glob", `touch b a c.txt .h; echo *; echo *.txt; echo nosuch*; echo "*"; set -f; echo *`, "a b c.txt\nc.txt\nnosuch*\n*\n*\n", 0},
	{"braces stay", `echo {a,b} {}`, "{a,b} {}\n", 0},
	{"tilde", `HOME=/h; echo ~ ~/x "~"`, "/h /h/x ~\n", 0},
	{"eval", `x='echo $y'; y=5; eval $x; eval 'z=3; echo $z'`, "5\n3\n", 0},
	{"dot", `echo 'x=7; return 4; x=8' >f; . ./f; echo $? $x`, "4 7\n", 0},
	{"export", `x=1; sh -c 'echo "<$x>"'; export x; sh -c 'echo "<$x>"'; y=2 sh -c 'echo "<$y>"'; echo "<$y>"`, "<>\n<1>\n<2>\n<>\n", 0},
	{"readonly", `readonly x=1; x=2; echo $x`, "", 2},
	{"unset", `x=1; unset x; echo "<$x>"; f() { echo f; }; unset -f f; f 2>/dev/null; echo $?`, "<>\n127\n", 0},
	{"read", `printf 'a b  c d\n' | { read x y z; echo "$x|$y|$z"; }; printf 'a\\\nb\n' | { read x; echo $x; }; printf '%s\n' 'a\b' | { read -r x; printf '%s\n' "$x"; }; read x </dev/null; echo $?`, "a|b|c d\nab\na\\b\n1\n", 0},
	{"read leaves the rest", `printf '1\n2\n3\n' | { read x; echo "x$x"; cat; }`, "x1\n2\n3\n", 0},
	{"trap exit", `trap 'echo bye $?' EXIT; echo a; exit 3`, "a\nbye 3\n", 3},
	{"trap signal", `trap 'echo got' USR1; kill -USR1 $$; echo after`, "got\nafter\n", 0},
	{"trap ignore", `trap '' TERM; kill $$; echo alive`, "alive\n", 0},
	{"trap reset", `trap 'echo no' TERM; trap - TERM; kill $$; sleep 5; echo no`, "", 143},
	{"trap not in subshell", `trap 'echo t' EXIT; (echo s)`, "s\nt\n", 0},
	{"trap during wait", `trap 'echo got; exit 9' USR1; (sleep 0.2; kill -USR1 $$) & wait; echo no`, "got\n", 9},
	{"trap after command", `trap 'echo got' USR1; (sleep 0.1; kill -USR1 $$) & sleep 0.5; echo end`, "got\nend\n", 0},
	{"background", `sleep 0.1 & p=$!; wait $p; echo $?; (exit 6) & wait $!; echo $?`, "0\n6\n", 0},
	{"background group", `{ sleep 0.1; echo bg; } & wait; echo fg`, "bg\nfg\n", 0},
	{"kill background", `sleep 30 & kill $!; wait $!; echo $?`, "143\n", 0},
	{"kill background loop", `while :; do sleep 0.1; done & kill -9 $!; wait $!; echo $?`, "137\n", 0},
	{"wait for another's", `wait 1; echo $?`, "127\n", 0},
	{"pid of subshell", `a=$$; b=$(echo $$); (echo $$ >f); read c <f; [ $a = $b ] && [ $b = $c ] && echo same`, "same\n", 0},
	{"not found", `nosuchcommand 2>/dev/null; echo $?; ./nosuch 2>/dev/null; echo $?; echo x >f; ./f 2>/dev/null; echo $?`, "127\n127\n126\n", 0},
	{"no interpreter line", `echo 'echo "hi $1"' >f; chmod +x f; ./f you`, "hi you\n", 0},
	{"exec", `echo a; exec echo b; echo c`, "a\nb\n", 0},
	{"exec missing", `exec nosuchcommand 2>/dev/null; echo no`, "", 127},
	{"umask", `umask 027; umask; touch f; stat -c %a f; (umask 077); umask`, "0027\n640\n0027\n", 0},
	{"ulimit", `ulimit -n 100; ulimit -n; (ulimit -n 50; ulimit -n); ulimit -n; sh -c 'ulimit -n'`, "100\n50\n100\n100\n", 0},
	{"cd", `mkdir -p a/b; cd a/b; cd ..; basename "$PWD"; cd - >/dev/null; basename "$PWD"; cd /nosuch 2>/dev/null; echo $?`, "a\nb\n2\n", 0},
	{"command -v", `command -v cd; f() { :; }; command -v f; command -v nosuch; echo $?`, "cd\nf\n127\n", 0},
	{"command skips functions", `echo() { printf 'mine\n'; }; echo x; command echo x`, "mine\nx\n", 0},
	{"test", `[ -d / ] && echo d; [ -f / ] || echo nf; [ a = a ] && [ 2 -gt 1 ] && echo gt; [ ! x ] || echo x; [ ]; echo $?; test -z "" -a -n x && echo and`, "d\nnf\ngt\nx\n1\nand\n", 0},
	{"printf", `printf '%s-%d-%x|' a 1 255 b 2 16; printf '%5s|%-5s|%05d|%%\n' x y 42; printf 'a\tb\n'; printf '%b' 'c\n'`, "a-1-ff|b-2-10|    x|y    |00042|%\na\tb\nc\n", 0},
	{"getopts", `set -- -a -b val -cx rest; while getopts ab:c: o; do echo "$o=$OPTARG"; done; shift $((OPTIND-1)); echo $1`, "a=\nb=val\nc=x\nrest\n", 0},
	{"comment", "echo a # b\n# c\necho d#e", "a\nd#e\n", 0},
	{"line joined", "echo a \\\nb", "a b\n", 0},
	{"syntax mistake later", "echo a\nif then\necho b", "a\n", 2},
	{"assign order", `a=1 b=$a; echo $b; x=1 y=2; echo $x$y`, "1\n12\n", 0},
	{"empty field", `set -- ""; echo $#; x=; set -- $x; echo $#; set -- "$x"; echo $#`, "1\n0\n1\n", 0},
	{"return value", `f() { return; }; false; f; echo $?; g() { (return 3); echo $?; }; g`, "1\n3\n", 0},
}

func TestShell(t *testing.T) {
	for _, c := range scripts {
		t.Run(c.name, func(t *testing.T) {
			r := sh(t, c.script)
			if r.out != c.out || !sameStatus(r.status, c.status) {
				t.Errorf("out %q, status %d; want %q, %d\nstderr: %s", r.out, r.status, c.out, c.status, r.err)
			}
		})
	}
}

// sameStatus: POSIX asks of some errors only that the status is not 0.
func sameStatus(a, b int) bool { return a == b || a > 0 && a < 3 && b > 0 && b < 3 }

// differs lists what other shells do otherwise: POSIX leaves it to them.
var differs = map[string]string{
	"cd": "the status of a failed cd",
}

func TestShellAgainstOthers(t *testing.T) {
	for _, other := range [][]string{{"dash"}, {"busybox", "sh"}} {
		path, err := exec.LookPath(other[0])
		if err != nil {
			t.Logf("%s is not installed", other[0])
			continue
		}
		t.Run(other[0], func(t *testing.T) {
			for _, c := range scripts {
				t.Run(c.name, func(t *testing.T) {
					if why, ok := differs[c.name]; ok {
						t.Skip(why)
					}
					argv := append(append([]string{path}, other[1:]...), "-c", c.script)
					r := runIn(t, t.TempDir(), "", argv...)
					if r.out != c.out || !sameStatus(r.status, c.status) {
						t.Errorf("out %q, status %d; ours %q, %d", r.out, r.status, c.out, c.status)
					}
				})
			}
		})
	}
}

func TestShellFromStdin(t *testing.T) {
	script := "read x\nhello you\necho \"<$x>\"\ncat <<E\nhere\nE\nif true\nthen echo multi\nfi\nexit 3\necho no\n"
	r := runIn(t, t.TempDir(), script, filepath.Join(box, "sh"))
	if want := "<hello you>\nhere\nmulti\n"; r.out != want || r.status != 3 {
		t.Errorf("out %q, status %d, stderr %q; want %q, 3", r.out, r.status, r.err, want)
	}
}

func TestShellFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "s"), []byte("#!/bin/sh\necho $0 $1\nexit 4\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := runIn(t, dir, "", filepath.Join(box, "sh"), "s", "arg")
	if r.out != "s arg\n" || r.status != 4 {
		t.Errorf("out %q, status %d", r.out, r.status)
	}
}

// TestShellExtras are things beyond POSIX that scenarios use.
func TestShellExtras(t *testing.T) {
	for _, c := range []struct{ name, script, out string }{
		{"soft limit", `ulimit -S -n 200; sh -c 'ulimit -n; :'; (ulimit -n); cat /proc/self/limits | grep files | tr -s ' ' | cut -d' ' -f4`, "200\n200\n200\n"},
		{"both", `{ echo o; echo e >&2; } &>f; cat f`, "o\ne\n"},
		{"double bracket", `x=abc; [[ $x == a* && ! -d $x ]] && echo y; [[ $x =~ ^a.c$ ]] && echo re`, "y\nre\n"},
		{"pipefail", `set -o pipefail; false | true; echo $?`, "1\n"},
		{"ansi quotes", `echo $'a\tb'`, "a\tb\n"},
		{"here string", `cat <<<word`, "word\n"},
		{"trace", `{ set -x; echo a; } 2>&1`, "+ echo a\na\n"},
		{"append", `x=a; x+=b; echo $x`, "ab\n"},
		{"applet without PATH", `PATH=/nosuch; seq 2`, "1\n2\n"},
		{"times", `times | wc -l`, "2\n"},
		{"type", `type cd; type nosuch 2>/dev/null; echo $?`, "cd is a shell builtin\n127\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if r := sh(t, c.script); r.out != c.out {
				t.Errorf("out %q, want %q\nstderr: %s", r.out, c.out, r.err)
			}
		})
	}
}

// TestShellReplaced: a single command takes the place of the shell, so that
// PID 1 of a container is the program and not a shell around it.
func TestShellReplaced(t *testing.T) {
	inner := sh(t, `exec sh -c 'grep PPid /proc/self/status'`)
	if inner.status != 0 || inner.out == "" {
		t.Fatal(inner)
	}
	if want := "PPid:\t" + strconv.Itoa(os.Getpid()) + "\n"; inner.out != want {
		t.Errorf("%q, want %q: a shell is left in between", inner.out, want)
	}
}

// TestShellInheritsDescriptors: what the caller passed reaches the program.
func TestShellInheritsDescriptors(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("three\n"); err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{"cat <&3", "cat /dev/fd/3; :", "(cat /dev/fd/3)", "cat /dev/fd/3 | cat", "x=$(cat /dev/fd/3); echo $x"} {
		if _, err := f.Seek(0, 0); err != nil {
			t.Fatal(err)
		}
		c := exec.Command(filepath.Join(box, "sh"), "-c", script)
		c.Env = []string{"PATH=" + box}
		c.ExtraFiles = []*os.File{f}
		out, err := c.CombinedOutput()
		if string(out) != "three\n" || err != nil {
			t.Errorf("%s: %q %v", script, out, err)
		}
	}
}

// TestShellLeaksNothing: a command gets only the descriptors it was given.
func TestShellLeaksNothing(t *testing.T) {
	started := strings.Count(runIn(t, t.TempDir(), "", filepath.Join(box, "fds")).out, "\n")
	for _, script := range []string{"fds; :", "fds | cat", "x=$(fds); echo \"$x\"", "(fds)", "fds <<E\nE", "exec 9>f; exec 9>&-; fds; :"} {
		r := sh(t, script+"\n")
		if strings.Count(r.out, "\n") != started {
			t.Errorf("%q left more open than was there before:\n%s", script, r.out)
		}
	}
}

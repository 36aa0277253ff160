// Turns measures container runtimes by turns: A B C, A C B, B C A, B A C … Batches one
// after the other drift by a third on a busy machine; the ratio of neighbours
// does not. It prints the medians and the median of the ratios of each round.
//
//	turns [-rounds N] [-crowd N,…] [-alive N] -dir WORK NAME=PATH…
//	turns [-rounds N] -commands WHAT NAME=COMMAND…
//
// The first NAME is compared with the others. With -alive each is compared with
// itself: its verbs on a host without containers, and beside N of its own. WORK has the bundles `true`,
// `seccomp` (optional) and `sleep`, as scripts/bench.sh makes them.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func main() {
	rounds := flag.Int("rounds", 60, "rounds of each measurement")
	crowd := flag.String("crowd", "64", "births at once, more than one by commas; 0 for none")
	alive := flag.Int("alive", 0, "measure list, state, create and run beside this many running containers, and nothing else")
	dir := flag.String("dir", "", "directory of the bundles")
	only := flag.String("only", "", "measure this alone: run, seccomp, life or crowd")
	what := flag.String("commands", "", "measure whole commands; this is what they do")
	flag.Parse()
	if *what != "" {
		if err := commands(*what, *rounds, flag.Args()); err != nil {
			fmt.Fprintln(os.Stderr, "turns:", err)
			os.Exit(1)
		}
		return
	}
	rts, err := runtimes(*dir, flag.Args())
	if err == nil {
		// Orphaned inits come to us and are reaped at once, so that delete never
		// meets a zombie.
		err = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	}
	if err == nil && *alive > 0 {
		err = beside(*dir, rts, *alive, *rounds)
	} else if err == nil {
		err = measure(*dir, rts, plan{*rounds, *crowd, *only})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "turns:", err)
		os.Exit(1)
	}
}

// A plan is what to measure, and how often.
type plan struct {
	rounds      int
	crowd, only string
}

func (p plan) wants(what string) bool { return p.only == "" || p.only == what }

// A runtime is one contestant with a state directory of its own.
type runtime struct{ name, path, root string }

func runtimes(dir string, args []string) ([]runtime, error) {
	var rts []runtime
	for _, a := range args {
		name, path, ok := strings.Cut(a, "=")
		if !ok {
			return nil, fmt.Errorf("%s: need NAME=PATH", a)
		}
		rts = append(rts, runtime{name, path, filepath.Join(dir, "state-"+name)})
	}
	if len(rts) < 2 || dir == "" {
		return nil, fmt.Errorf("need -dir and at least two NAME=PATH")
	}
	return rts, nil
}

func measure(dir string, rts []runtime, p plan) error {
	t := newTable(rts)
	type job struct {
		what string
		do   func(runtime) ([]sample, error)
	}
	jobs := []job{
		{"run", func(r runtime) ([]sample, error) { return r.run("run /bin/true", filepath.Join(dir, "true")) }},
		{"seccomp", func(r runtime) ([]sample, error) { return r.run("run, seccomp", filepath.Join(dir, "seccomp")) }},
		{"life", func(r runtime) ([]sample, error) { return r.life(filepath.Join(dir, "sleep")) }},
	}
	for _, j := range jobs {
		if _, err := os.Stat(filepath.Join(dir, "seccomp")); j.what == "seccomp" && err != nil || !p.wants(j.what) {
			continue
		}
		if err := t.turns(p.rounds, j.do); err != nil {
			return err
		}
	}
	if p.wants("crowd") {
		if err := crowds(dir, t, p); err != nil {
			return err
		}
	}
	t.print(os.Stdout)
	return nil
}

func crowds(dir string, t *table, p plan) error {
	for word := range strings.SplitSeq(p.crowd, ",") {
		n, err := strconv.Atoi(word)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		name := fmt.Sprintf("%d births at once", n)
		err = t.turns(max(3, p.rounds/10), func(r runtime) ([]sample, error) {
			return r.crowd(name, filepath.Join(dir, "true"), n)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

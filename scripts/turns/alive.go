package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// most is how many times as long the first runtime's state and create may take
// beside the others.
const most = 2

// beside times each runtime's verbs before, beside and after n running
// containers of its own. Before and after are one host: if they differ, the
// machine was busy.
func beside(dir string, rts []runtime, n, rounds int) error {
	tw := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(tw, "\t\tempty ms (best)\tbeside %d (best)\tratio (best)\tµs a container (best)\t\n", n)
	var late error
	for i, r := range rts {
		before, err := r.verbs(dir, "", rounds)
		if err != nil {
			return err
		}
		pids, err := r.fill(dir, n)
		if err != nil {
			return err
		}
		full, err := r.verbs(dir, member(r, n/2), rounds)
		if err != nil {
			return err
		}
		if err := r.drain(pids); err != nil {
			return err
		}
		after, err := r.verbs(dir, "", rounds)
		if err != nil {
			return err
		}
		for _, v := range before.order {
			ratio := report(tw, r.name+" "+v, both{append(before.took[v], after.took[v]...), full.took[v]}, n)
			if i == 0 && ratio > most && (v == "state" || v == "create") {
				late = fmt.Errorf("%s %s takes %.2f times as long beside %d, need at most %d", r.name, v, ratio, n, most)
			}
		}
		if err := tw.Flush(); err != nil {
			return err
		}
	}
	return late
}

// both is what a verb took on an empty host and on a full one.
type both struct{ empty, full []time.Duration }

// report prints a verb and returns the ratio of the best.
func report(w io.Writer, name string, t both, n int) float64 {
	empty, full := median(t.empty), median(t.full)
	emptyBest, fullBest := slices.Min(t.empty), slices.Min(t.full)
	best := float64(fullBest) / float64(emptyBest)
	price := func(empty, full time.Duration) float64 { return float64((full - empty).Microseconds()) / float64(n) }
	fmt.Fprintf(w, "%s\t%d\t%.2f (%.2f)\t%.2f (%.2f)\t%.2f (%.2f)\t%.1f (%.1f)\t\n", name, len(t.full),
		ms(empty), ms(emptyBest), ms(full), ms(fullBest),
		float64(full)/float64(empty), best, price(empty, full), price(emptyBest, fullBest))
	return best
}

func member(r runtime, i int) string { return fmt.Sprintf("turns-%s-%d", r.name, i) }

// A set is what the verbs took.
type set struct {
	order []string
	took  map[string][]time.Duration
}

// verbs times each verb; state asks for the container id, or the new one.
func (r runtime) verbs(dir, id string, rounds int) (*set, error) {
	s := &set{took: map[string][]time.Duration{}}
	one := "turns-" + r.name
	if id == "" {
		id = one
	}
	pidFile := filepath.Join(dir, "pid-"+r.name)
	for range rounds {
		for _, step := range [][]string{
			{"run", "run", "--bundle", filepath.Join(dir, "true"), one},
			{"create", "create", "--bundle", filepath.Join(dir, "sleep"), "--pid-file", pidFile, one},
			{"state", "state", id},
			{"list", "list"},
			{"list -q", "list", "-q"},
			{"delete --force", "delete", "--force", one},
		} {
			took, err := r.call(step[1:]...)
			if err != nil {
				return nil, err
			}
			if s.took[step[0]] == nil {
				s.order = append(s.order, step[0])
			}
			s.took[step[0]] = append(s.took[step[0]], took)
		}
		pid, err := readPid(pidFile)
		if err != nil {
			return nil, err
		}
		if err := reap(pid); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// fill starts n containers and returns their PIDs.
func (r runtime) fill(dir string, n int) ([]int, error) {
	pids := make([]int, n)
	pidFile := filepath.Join(dir, "pid-"+r.name)
	for i := range pids {
		if _, err := r.call("create", "--bundle", filepath.Join(dir, "sleep"), "--pid-file", pidFile, member(r, i)); err != nil {
			return nil, err
		}
		if _, err := r.call("start", member(r, i)); err != nil {
			return nil, err
		}
		var err error
		if pids[i], err = readPid(pidFile); err != nil {
			return nil, err
		}
	}
	return pids, nil
}

func (r runtime) drain(pids []int) error {
	for i, pid := range pids {
		if _, err := r.call("delete", "--force", member(r, i)); err != nil {
			return err
		}
		if err := reap(pid); err != nil {
			return err
		}
	}
	return nil
}

func readPid(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

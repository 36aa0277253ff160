package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// A table holds all samples: phase, runtime, round.
type table struct {
	rts    []runtime
	phases []string
	took   map[string]map[string][]time.Duration
}

func newTable(rts []runtime) *table {
	return &table{rts: rts, took: map[string]map[string][]time.Duration{}}
}

// turns calls do once a runtime and round. Two rounds before the first are not
// counted.
func (t *table) turns(rounds int, do func(runtime) ([]sample, error)) error {
	for round := -2; round < rounds; round++ {
		for i := range t.rts {
			r := t.rts[turn(i, round+2, len(t.rts))]
			samples, err := do(r)
			if err != nil {
				return err
			}
			for _, s := range samples {
				if round >= 0 {
					t.add(r.name, s)
				}
			}
		}
	}
	return nil
}

// turn is whose turn it is as the i-th of n in a round: A B C, A C B, B C A, B A C …
// Each comes after each other one equally often, since the kernel goes on clearing
// away what one has left, its network namespaces above all, while the next runs.
func turn(i, round, n int) int {
	first, step := round/2, i
	if round%2 == 1 {
		step = n - i
	}
	return (first + step) % n
}

func (t *table) add(name string, s sample) {
	if t.took[s.phase] == nil {
		t.took[s.phase] = map[string][]time.Duration{}
		t.phases = append(t.phases, s.phase)
	}
	t.took[s.phase][name] = append(t.took[s.phase][name], s.took)
}

// print writes the medians in ms, the best in brackets, and the ratios of the
// first runtime to each other one.
func (t *table) print(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "\trounds\t")
	for _, r := range t.rts {
		fmt.Fprintf(tw, "%s ms (best)\t", r.name)
	}
	for _, r := range t.rts[1:] {
		fmt.Fprintf(tw, "%s/%s\t", t.rts[0].name, r.name)
	}
	fmt.Fprintln(tw)
	for _, phase := range t.phases {
		mine := t.took[phase][t.rts[0].name]
		fmt.Fprintf(tw, "%s\t%d\t", phase, len(mine))
		for _, r := range t.rts {
			d := t.took[phase][r.name]
			fmt.Fprintf(tw, "%.2f (%.2f)\t", ms(median(d)), ms(slices.Min(d)))
		}
		for _, r := range t.rts[1:] {
			fmt.Fprintf(tw, "%.2f\t", ratio(mine, t.took[phase][r.name]))
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// ratio is the median of the ratios round by round.
func ratio(mine, other []time.Duration) float64 {
	var q []float64
	for i := range mine {
		q = append(q, float64(mine[i])/float64(other[i]))
	}
	return median(q)
}

func median[T ~int64 | ~float64](v []T) T {
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

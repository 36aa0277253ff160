package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// A sample is one turn of one contestant.
type sample struct {
	dump, frozen, restore time.Duration
	size                  int64 // of all images, in bytes
}

// A table holds all samples, by MiB and name.
type table struct {
	list  []*contestant
	sizes []int
	got   map[int]map[string][]sample
}

func newTable(list []*contestant) *table {
	return &table{list: list, got: map[int]map[string][]sample{}}
}

func (t *table) add(mb int, name string, s sample) {
	if t.got[mb] == nil {
		t.got[mb] = map[string][]sample{}
		t.sizes = append(t.sizes, mb)
	}
	t.got[mb][name] = append(t.got[mb][name], s)
}

// rows are what is compared, as numbers that are better when smaller.
var rows = []struct {
	name string
	of   func(sample) float64
}{
	{"dump ms", func(s sample) float64 { return ms(s.dump) }},
	{"frozen ms", func(s sample) float64 { return ms(s.frozen) }},
	{"restore ms", func(s sample) float64 { return ms(s.restore) }},
	{"size MiB", func(s sample) float64 { return float64(s.size) / (1 << 20) }},
}

// print writes medians, and the medians of the ratios round by round.
func (t *table) print(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "\trounds\t")
	for _, c := range t.list {
		fmt.Fprintf(tw, "%s\t", c.name)
	}
	for _, c := range t.list[1:] {
		fmt.Fprintf(tw, "%s/%s\t", t.list[0].name, c.name)
	}
	fmt.Fprintln(tw)
	for _, mb := range t.sizes {
		for _, row := range rows {
			mine := column(t.got[mb][t.list[0].name], row.of)
			fmt.Fprintf(tw, "%d MiB: %s\t%d\t", mb, row.name, len(mine))
			for _, c := range t.list {
				fmt.Fprintf(tw, "%.1f\t", median(column(t.got[mb][c.name], row.of)))
			}
			for _, c := range t.list[1:] {
				fmt.Fprintf(tw, "%.2f\t", ratio(mine, column(t.got[mb][c.name], row.of)))
			}
			fmt.Fprintln(tw)
		}
	}
	tw.Flush()
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func column(list []sample, of func(sample) float64) []float64 {
	out := make([]float64, 0, len(list))
	for _, s := range list {
		out = append(out, of(s))
	}
	return out
}

func ratio(mine, other []float64) float64 {
	q := make([]float64, 0, len(mine))
	for i := range mine {
		q = append(q, mine[i]/other[i])
	}
	return median(q)
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

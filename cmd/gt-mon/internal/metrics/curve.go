package metrics

import "strings"

// Shares are the processor time and the pressure since an earlier row, or nil, in
// percent of the time between.
func (r *Row) Shares(before *Row) (cpu, pressure float64) {
	if before == nil || before.Sample == nil || r.Sample == nil {
		return 0, 0
	}
	span := float64(max(1, r.At.Sub(before.At).Microseconds()))
	if a, b := r.Sample.CPU, before.Sample.CPU; a != nil && b != nil && a.Total >= b.Total {
		cpu = 100 * float64(a.Total-b.Total) / span
	}
	for kind, p := range r.Sample.Pressure {
		if b := before.Sample.Pressure[kind]; b != nil && p.Some >= b.Some {
			pressure += 100 * float64(p.Some-b.Some) / span
		}
	}
	return cpu, pressure
}

var bars = []rune("▁▂▃▄▅▆▇█")

// Curve draws values as bars, the largest as the highest, in width characters.
func Curve(list []float64, width int) string {
	most := 0.0
	for _, v := range list {
		most = max(most, v)
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", max(0, width-len(list))))
	for _, v := range list[max(0, len(list)-width):] {
		i := 0
		if most > 0 {
			i = int(v / most * float64(len(bars)-1))
		}
		b.WriteRune(bars[i])
	}
	return b.String()
}

package applet

import (
	"strconv"
	"strings"
	"time"
)

// sleep number[smhd]…, or sleep infinity
func sleep(args []string) int {
	if len(args) < 2 {
		return misuse(args, "usage: sleep number[smhd]…")
	}
	var total time.Duration
	for _, a := range args[1:] {
		if a == "infinity" || a == "inf" {
			select {}
		}
		unit := time.Second
		if at := strings.IndexByte("smhd", a[max(len(a)-1, 0)]); at >= 0 {
			unit = [...]time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour}[at]
			a = a[:len(a)-1]
		}
		v, err := strconv.ParseFloat(a, 64)
		if err != nil || v < 0 {
			return misuse(args, "%s: need a number of seconds", a)
		}
		total += time.Duration(v * float64(unit))
	}
	<-time.After(total)
	return 0
}

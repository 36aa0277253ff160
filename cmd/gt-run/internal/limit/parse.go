// Package limit reads the sizes and shares of a command line.
package limit

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// A Unit is what a plain number counts.
type Unit uint

// The units of options: megabytes are of 1024×1024 bytes.
const (
	Bytes     Unit = 0
	Megabytes Unit = 20
)

// Memory is Size for --mem, which counts megabytes.
func Memory(text string) (int64, error) { return Size(text, Megabytes) }

// Size reads a size and returns bytes. b, k, m, g and t (also kb, KiB, …) say
// what a number counts, in powers of 1024. Fractions are fine: 1.5g.
func Size(text string, plain Unit) (int64, error) {
	number, unit := cut(text)
	shift, ok := units[strings.ToLower(unit)]
	if unit == "" {
		shift, ok = uint(plain), true
	}
	if !ok {
		return 0, fmt.Errorf("unit %q is unknown, need b, k, m, g or t", unit)
	}
	if !decimal(number) {
		return 0, fmt.Errorf("%q is no size, need a number such as 512, 512m or 1.5g", text)
	}
	r, ok := new(big.Rat).SetString(number)
	if !ok {
		return 0, fmt.Errorf("%q is no size, need a number such as 512, 512m or 1.5g", text)
	}
	r.Mul(r, new(big.Rat).SetInt64(1<<shift))
	bytes := new(big.Int).Quo(r.Num(), r.Denom())
	if bytes.Sign() == 0 {
		return 0, fmt.Errorf("%q is nothing, need at least one byte", text)
	}
	if !bytes.IsInt64() {
		return 0, fmt.Errorf("%q is more than %d bytes", text, int64(math.MaxInt64))
	}
	return bytes.Int64(), nil
}

var units = map[string]uint{
	"b": 0,
	"k": 10, "kb": 10, "kib": 10, "m": 20, "mb": 20, "mib": 20,
	"g": 30, "gb": 30, "gib": 30, "t": 40, "tb": 40, "tib": 40,
}

func cut(text string) (number, unit string) {
	i := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if i < 0 {
		return text, ""
	}
	return text[:i], text[i:]
}

// decimal keeps out what big.Rat would read besides: fractions, exponents,
// other bases; and numbers so long that computing with them takes time.
func decimal(s string) bool {
	return len(s) > 0 && len(s) <= 32 && s != "." && strings.Trim(s, "0123456789.") == "" && strings.Count(s, ".") <= 1
}

// Period is the span in microseconds that a CPU quota is given for.
const Period = 100_000

// minimal is the smallest quota the kernel takes, in microseconds.
const minimal = 1000

// CPU reads a number of processors, such as 0.5 or 2, and returns the quota in
// microseconds of each Period.
func CPU(text string) (int64, error) {
	if !decimal(text) {
		return 0, fmt.Errorf("%q is no number of processors, need one such as 0.5 or 2", text)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number of processors, need one such as 0.5 or 2", text)
	}
	quota := math.Round(n * Period)
	if quota < minimal {
		return 0, fmt.Errorf("%s processors are too few, need at least 0.01", text)
	}
	if quota > math.MaxInt32 {
		return 0, fmt.Errorf("%s processors are too many", text)
	}
	return int64(quota), nil
}

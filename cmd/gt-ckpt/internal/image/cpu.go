package image

import "strings"

// chosen are the kinds of flags by which libraries choose their code when a
// program starts: it goes on to use them after a restore.
var chosen = []string{"avx", "sse", "ssse3", "aes", "bmi", "fma", "f16c", "movbe", "popcnt", "adx", "sha", "vaes", "vpclmulqdq", "pclmulqdq", "gfni", "amx", "xsave", "erms", "fsrm", "rdrand", "rdseed", "asimd", "sve", "atomics"}

// MissingCPU lists the features that the other CPU had, this one lacks, and
// programs may have settled on; "" if none.
func MissingCPU(then, now string) string {
	have := map[string]bool{}
	for _, f := range strings.Fields(now) {
		have[f] = true
	}
	var list []string
	for _, f := range strings.Fields(then) {
		if have[f] {
			continue
		}
		for _, kind := range chosen {
			if strings.HasPrefix(f, kind) {
				list = append(list, f)
				break
			}
		}
	}
	return strings.Join(list, " ")
}

package tool

import "strings"

// nearest is the word a person who typed w most likely meant, or "".
func nearest(w string, words []string) string {
	best, least := "", len(w)/3+2
	if len(w) < 2 {
		return ""
	}
	for _, x := range words {
		d := distance(w, x)
		if strings.HasPrefix(x, w) {
			d = 1
		}
		if d < least {
			best, least = x, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or change (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			d := diag
			if a[i-1] != b[j-1] {
				d++
			}
			diag = row[j]
			row[j] = min(d, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

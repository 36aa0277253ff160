package main

import "testing"

// TestTurn: within 2 n rounds each is first equally often, has its turn once a
// round, and comes after each other one equally often.
func TestTurn(t *testing.T) {
	for n := 2; n <= 5; n++ {
		first, after := map[int]int{}, map[[2]int]int{}
		for round := range 2 * n {
			seen := map[int]bool{}
			for i := range n {
				who := turn(i, round, n)
				seen[who] = true
				if i == 0 {
					first[who]++
				} else {
					after[[2]int{turn(i-1, round, n), who}]++
				}
			}
			if len(seen) != n {
				t.Errorf("%d contestants, round %d: %d had a turn", n, round, len(seen))
			}
		}
		for who := range n {
			if first[who] != 2 {
				t.Errorf("%d contestants: %d is first %d times, need 2", n, who, first[who])
			}
			before, behind := (who+n-1)%n, (who+1)%n
			if a, b := after[[2]int{before, who}], after[[2]int{behind, who}]; a != b {
				t.Errorf("%d contestants: %d comes %d times after %d and %d times after %d", n, who, a, before, b, behind)
			}
		}
	}
}

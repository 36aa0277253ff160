package cgroup

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gophertainer/gophertainer/lib/json"
)

// files makes a directory of them: "name\ntext" each.
func files(t *testing.T, texts ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, text := range texts {
		name, text, _ := strings.Cut(text, "\n")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestStats(t *testing.T) {
	for name, c := range map[string]struct {
		read func(dir string) map[string]any
		dir  string
		want string
	}{
		"cpu": {
			cpuV2Stats,
			files(t, "cpu.stat\nusage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 3\nthrottled_usec 2",
				"cpu.pressure\nsome avg10=0.05 avg60=1.00 avg300=0.00 total=7\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0"),
			`{"psi":{"full":{"avg10":0.00,"avg300":0.00,"avg60":0.00,"total":0},"some":{"avg10":0.05,"avg300":0.00,"avg60":1.00,"total":7}},` +
				`"throttling":{"periods":4,"throttledPeriods":3,"throttledTime":2000},"usage":{"kernel":10000,"total":30000,"user":20000}}`,
		},
		"cpu of a group without quotas": {cpuV2Stats, files(t, "cpu.stat\nusage_usec 1"), `{"usage":{"kernel":0,"total":1000,"user":0}}`},
		"memory": {
			memoryV2Stats,
			files(t, "memory.current\n5", "memory.max\n9", "memory.peak\n6", "memory.swap.current\n2", "memory.swap.max\nmax",
				"memory.events\nlow 0\nhigh 0\nmax 3\noom 1", "memory.stat\nfile 4\nkernel 1", "memory.pressure\n"),
			`{"cache":4,"kernel":{"usage":1},"raw":{"file":4,"kernel":1},"swap":{"usage":7},"usage":{"failcnt":3,"limit":9,"max":6,"usage":5}}`,
		},
		"block I/O": {
			ioV2Stats, files(t, "io.stat\n8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n7:1 \nbroken"),
			`{"ioServiceBytesRecursive":[{"major":8,"minor":0,"op":"Read","value":1},{"major":8,"minor":0,"op":"Write","value":2}],` +
				`"ioServicedRecursive":[{"major":8,"minor":0,"op":"Read","value":3},{"major":8,"minor":0,"op":"Write","value":4}]}`,
		},
		"block I/O of v1": {
			blkioV1Stats, files(t, "blkio.throttle.io_serviced_recursive\n8:0 Read 1\n8:0 Total 1\nTotal 1", "blkio.bfq.time_recursive\n8:0 9"),
			`{"ioServicedRecursive":[{"major":8,"minor":0,"op":"Read","value":1},{"major":8,"minor":0,"op":"Total","value":1}],` +
				`"ioTimeRecursive":[{"major":8,"minor":0,"op":"","value":9}]}`,
		},
		"huge pages": {
			func(dir string) map[string]any { return hugetlb(dir, ".current", ".max") },
			files(t, "hugetlb.2MB.current\n1", "hugetlb.2MB.max\n2", "hugetlb.2MB.rsvd.current\n3", "hugetlb.1GB.current\n0"),
			`{"1GB":{"usage":0},"2MB":{"limit":2,"usage":1}}`,
		},
		"nothing": {memoryV1Stats, t.TempDir(), `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			var w json.Writer
			w.Value(c.read(c.dir))
			if have := string(w.Bytes()); have != c.want {
				t.Errorf("have %s\nneed %s", have, c.want)
			}
		})
	}
}

func TestListMembers(t *testing.T) {
	if have, want := members("0-2,7"), []any{uint64(0), uint64(1), uint64(2), uint64(7)}; !reflect.DeepEqual(have, want) {
		t.Errorf("have %v, need %v", have, want)
	}
	if have := members("x"); have != nil {
		t.Errorf("have %v, need nothing", have)
	}
}

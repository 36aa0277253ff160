package disk

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// roots are the types of partitions that are a Linux root or plain Linux data
// (uapi-group.org, Discoverable Partitions Specification).
var roots = []string{
	"0x83", "0fc63daf-8483-4772-8e79-3d69d8477de4",
	"4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "b921b045-1df0-41c3-af44-4c6f280d3fae",
}

// known is what can be a root, for a refusal.
const known = "ext4, xfs, btrfs, squashfs or erofs"

// Find takes the file system of a disk that is wanted: a partition's number,
// label, name or type; or with "" the only one there is.
func Find(r io.ReaderAt, size int64, want string) (Partition, error) {
	if kind, label := Kind(r, 0); kind != "" {
		if want != "" {
			return Partition{}, fail.New(fail.CodeInput, "the disk has no partitions, it is %s as a whole", kind)
		}
		return Partition{Kind: kind, Label: label}, nil
	}
	if what := Foreign(r, 0); what != "" {
		return Partition{}, fail.New(fail.CodeInput, "have %s, need a raw disk with %s", what, known)
	}
	list, err := Table(r, size)
	if err != nil {
		return Partition{}, err
	}
	if len(list) == 0 {
		return Partition{}, fail.New(fail.CodeInput, "the disk has neither partitions nor %s", known)
	}
	fit := slices.DeleteFunc(slices.Clone(list), func(p Partition) bool { return !p.fits(want) })
	if want == "" && len(fit) > 1 {
		fit = slices.DeleteFunc(fit, func(p Partition) bool { return !slices.Contains(roots, p.Type) })
	}
	if want == "" && len(fit) == 0 {
		return Partition{}, fail.New(fail.CodeInput, "no partition holds %s: %s", known, listed(list))
	}
	if len(fit) != 1 {
		return Partition{}, fail.New(fail.CodeNoSuch, "%d partitions fit, need one of %s (--partition takes its number, label or type)", len(fit), listed(list))
	}
	if fit[0].Kind == "" {
		return Partition{}, fail.New(fail.CodeInput, "partition %d holds %s, need %s", fit[0].Number, fit[0].looks(), known)
	}
	return fit[0], nil
}

func listed(list []Partition) string {
	all := make([]string, len(list))
	for i, p := range list {
		all[i] = p.String()
	}
	return strings.Join(all, ", ")
}

func (p Partition) fits(want string) bool {
	if want == "" {
		return p.Kind != ""
	}
	return strconv.Itoa(p.Number) == want || p.Label == want || p.Name == want ||
		strings.EqualFold(p.Type, want) || p.Kind == want
}

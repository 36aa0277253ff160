package image

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// The numbers of CRIU's images/pagemap.proto.
const (
	fieldPagesID  = 1 // of a pagemap_head
	fieldVaddr    = 1 // of a pagemap_entry
	fieldFewPages = 2 // before CRIU 4
	fieldNrPages  = 5 // since
	fieldInParent = 3
	fieldFlags    = 4
	pagePresent   = 1 << 2 // of flags
)

// CheckPages refuses bare images whose memory is cut: CRIU reads at the end of
// the file for ever.
func CheckPages(images string) error {
	maps, err := filepath.Glob(filepath.Join(images, "pagemap-*.img"))
	if err != nil {
		return err
	}
	for _, path := range maps {
		id, need, err := pagesOf(path)
		if err != nil {
			return err
		}
		name := filepath.Join(images, fmt.Sprintf("pages-%d.img", id))
		st, err := os.Stat(name)
		if os.IsNotExist(err) && need == 0 {
			continue
		}
		if err != nil {
			return err
		}
		if st.Size() < need {
			return fail.New(fail.CodeInput, "%s has %d bytes of memory, need %d", name, st.Size(), need)
		}
	}
	return nil
}

// pagesOf reads a pagemap: the number of its pages' image, and how many bytes
// that has.
func pagesOf(path string) (id uint64, size int64, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, err
	}
	first := true
	err = messages(b, func(m []byte) error {
		list, err := parse(m)
		switch {
		case err != nil:
			return err
		case first:
			id, first = list[fieldPagesID].n, false
			return nil
		}
		flags, ok := list[fieldFlags]
		if ok && flags.n&pagePresent != 0 || !ok && list[fieldInParent].n == 0 {
			size += int64(max(list[fieldNrPages].n, list[fieldFewPages].n)) * int64(os.Getpagesize())
		}
		return nil
	})
	if err != nil || first {
		return 0, 0, malformed(path)
	}
	return id, size, nil
}

package attach

import "github.com/gophertainer/gophertainer/cmd/gt-net/internal/store"

func (h *Host) chainDown(*store.Record) error  { return nil }
func (h *Host) chainCheck(*store.Record) error { return nil }

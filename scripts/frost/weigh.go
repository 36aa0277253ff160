package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/checkpoint-restore/go-criu/v8/stats"
)

// weigh returns how long CRIU says that the container stood still, and how
// large the images are.
func weigh(dir string) (frozen time.Duration, size int64, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		size += info.Size()
		if d.Name() != "stats-dump" {
			return nil
		}
		at, err := os.Open(filepath.Dir(path))
		if err != nil {
			return err
		}
		defer at.Close()
		s, err := stats.CriuGetDumpStats(at)
		if err == nil {
			frozen = time.Duration(s.GetFrozenTime()) * time.Microsecond
		}
		return err
	})
	return frozen, size, err
}

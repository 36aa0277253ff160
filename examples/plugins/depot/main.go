// Depot is a storage plugin: snapshots of directories, compressed, each content
// stored once, with maintenance in the background.
//
//	sudo gophertainer plugin load --user 0 --grant path=/var/lib/depot:rw --grant path=/srv/roots:rw \
//		--set storage_path=/var/lib/depot --set targets=/srv/roots depot
//	sudo gophertainer plugin call depot storage.snapshot '{"source":"/srv/roots/web","snapshot":"web-1"}'
//	sudo gophertainer plugin call depot storage.mount '{"source":"web-1","target":"/srv/roots/web-copy"}'
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/gophertainer/gophertainer/lib/plugin"
)

type depot struct {
	path, targets string
	interval      time.Duration
	compress      bool
	lock          sync.Mutex // of the files below path
	stop          context.CancelFunc
	done          chan struct{}
}

func (p *depot) GetInfo() plugin.PluginInfo {
	return plugin.PluginInfo{
		Name: "depot", Version: "1.0.0", Type: plugin.PluginTypeStorage,
		Description: "compressed snapshots of directories, each content once",
		Config: plugin.PluginConfigSchema{
			Strict: true,
			Properties: map[string]plugin.PluginConfigProperty{
				"storage_path": {Type: "string", Default: "/var/lib/depot", Description: "where snapshots are kept"},
				"targets":      {Type: "string", Description: "directory below which sources and targets are"},
				"compress":     {Type: "boolean", Default: true, Description: "gzip snapshots"},
				"maintenance":  {Type: "number", Default: 3600.0, Description: "seconds between two clean-ups"},
			},
			Required: []string{"targets"},
		},
		Needs: plugin.PluginNeeds{Paths: []plugin.PluginPath{{Path: "$storage_path", Write: true}, {Path: "$targets", Write: true}}},
	}
}

func (p *depot) Initialize(_ context.Context, config map[string]interface{}) error {
	p.path, _ = config["storage_path"].(string)
	p.targets, _ = config["targets"].(string)
	p.compress, _ = config["compress"].(bool)
	seconds, _ := config["maintenance"].(float64)
	p.interval = time.Duration(seconds * float64(time.Second))
	return errors.Join(os.MkdirAll(p.blob(""), 0o700), os.MkdirAll(p.name(""), 0o700))
}

func (p *depot) Start(context.Context) error {
	ctx, stop := context.WithCancel(context.Background())
	p.stop, p.done = stop, make(chan struct{})
	tick := time.NewTicker(max(p.interval, 10*time.Millisecond))
	go func() {
		defer close(p.done)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if err := p.clean(); err != nil {
					slog.Error("clean up", "error", err)
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return nil
}

func (p *depot) Stop(context.Context) error {
	p.stop()
	<-p.done
	return nil
}

func (p *depot) Cleanup(context.Context) error { return p.clean() }

func (p *depot) blob(sum string) string  { return filepath.Join(p.path, "blobs", sum) }
func (p *depot) name(name string) string { return filepath.Join(p.path, "snapshots", name) }

var plain = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// below refuses a directory that is not the plugin's to touch.
func (p *depot) below(dir string) error {
	if filepath.Clean(dir) != dir || !strings.HasPrefix(dir, p.targets+"/") {
		return fmt.Errorf("have %q, need a directory below %s", dir, p.targets)
	}
	return nil
}

// CreateSnapshot writes the archive under the hash of its content, and the
// snapshot as a file that holds the hash.
func (p *depot) CreateSnapshot(source, snapshot string) error {
	if !plain.MatchString(snapshot) {
		return fmt.Errorf("have snapshot %q, need a name of letters, digits and _.-", snapshot)
	}
	if err := p.below(source); err != nil {
		return err
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	tmp, err := os.CreateTemp(p.path, ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // it is gone by then if all went well
	hash := sha256.New()
	if err = pack(source, io.MultiWriter(tmp, hash), p.compress); err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	if _, err := os.Stat(p.blob(sum)); err == nil {
		slog.Info("content is there already", "snapshot", snapshot, "sha256", sum)
	} else if err := os.Rename(tmp.Name(), p.blob(sum)); err != nil {
		return err
	}
	return os.WriteFile(p.name(snapshot), []byte(sum), 0o600)
}

// Mount fills target, which has to be empty, with a snapshot.
func (p *depot) Mount(source, target string, _ map[string]interface{}) error {
	if !plain.MatchString(source) {
		return fmt.Errorf("have source %q, need the name of a snapshot", source)
	}
	if err := p.below(target); err != nil {
		return err
	}
	sum, err := os.ReadFile(p.name(source))
	if err != nil {
		return err
	}
	in, err := os.Open(p.blob(string(sum)))
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.Mkdir(target, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if list, err := os.ReadDir(target); err != nil || len(list) > 0 {
		return errors.Join(err, fmt.Errorf("%s has %d entries, need an empty directory", target, len(list)))
	}
	return unpack(in, target)
}

// Unmount empties target.
func (p *depot) Unmount(target string) error {
	if err := p.below(target); err != nil {
		return err
	}
	return os.RemoveAll(target)
}

// clean removes contents that no snapshot names.
func (p *depot) clean() error {
	p.lock.Lock()
	defer p.lock.Unlock()
	used := map[string]bool{}
	names, err := os.ReadDir(p.name(""))
	if err != nil {
		return err
	}
	for _, n := range names {
		sum, err := os.ReadFile(p.name(n.Name()))
		if err != nil {
			return err
		}
		used[string(sum)] = true
	}
	blobs, err := os.ReadDir(p.blob(""))
	for _, b := range blobs {
		if !used[b.Name()] {
			err = errors.Join(err, os.Remove(p.blob(b.Name())))
			slog.Info("removed", "sha256", b.Name())
		}
	}
	return err
}

func main() { plugin.Serve(&depot{}) }

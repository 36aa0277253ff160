package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/archive"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/fill"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/image"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/progress"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/store"
	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/tree"
)

// An opened layer decompresses ahead while another one is unpacked.
type opened struct {
	layer  *image.Layer
	file   io.ReadCloser
	stream *archive.Stream
	sum    hash.Hash
}

// openLayer begins to read a layer; it is decompressed behind another one, if
// there is one.
func openLayer(ctx context.Context, l *image.Layer, m *progress.Meter, before *archive.Stream) (*opened, error) {
	f, err := l.Open()
	if err != nil {
		return nil, err
	}
	m.Expect(l.Size)
	o := &opened{layer: l, file: f, sum: l.DiffID.Hash()}
	if o.stream, err = archive.Summed(ctx, counted{f, m}, o.sum, before); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("layer %s: %w", l.DiffID, err)
	}
	return o, nil
}

// counted tells the meter what is read.
type counted struct {
	io.Reader
	meter *progress.Meter
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.meter.Add(int64(n))
	return n, err
}

func (o *opened) close() {
	o.stream.Close()
	_ = o.file.Close()
}

// into unpacks the layer. It is right only if its content has the digest.
func (o *opened) into(t *tree.Tree) error {
	err := fill.Layer(t, o.stream)
	if err == nil {
		err = o.layer.DiffID.Compare(o.sum)
	}
	if err != nil {
		return fmt.Errorf("layer %s: %w", o.layer.DiffID, err)
	}
	return nil
}

// flat puts all layers over each other into one tree.
func (c *content) flat(ctx context.Context, t *tree.Tree) error {
	var next *opened
	defer func() {
		if next != nil {
			next.close()
		}
	}()
	for i := range c.image.Layers {
		now := next
		var err error
		if next = nil; now == nil {
			if now, err = openLayer(ctx, &c.image.Layers[i], c.meter, nil); err != nil {
				return err
			}
		}
		if i+1 < len(c.image.Layers) {
			next, err = openLayer(ctx, &c.image.Layers[i+1], c.meter, now.stream)
		}
		if err == nil {
			t.Layer()
			err = now.into(t)
		}
		now.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// atOnce is how many layers are unpacked beside each other.
const atOnce = 2

// layers puts each layer into the store, unless it is there, and returns the
// directories, the topmost first.
func (c *content) layers(ctx context.Context) ([]string, error) {
	s, err := c.store()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	turn := make(chan struct{}, atOnce)
	for i := range c.image.Layers {
		l := &c.image.Layers[i]
		if s.Has(store.Layers, key(l.DiffID)) || slices.ContainsFunc(c.image.Layers[:i], func(o image.Layer) bool { return o.DiffID == l.DiffID }) {
			continue
		}
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			if err := c.layer(ctx, s, l); err != nil {
				stop(err)
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return c.pile(ctx, s)
}

func (c *content) layer(ctx context.Context, s *store.Store, l *image.Layer) error {
	_, err := s.Put(store.Layers, func(dir string) (string, error) {
		o, err := openLayer(ctx, l, c.meter, nil)
		if err != nil {
			return "", err
		}
		defer o.close()
		opt := c.opt
		opt.Form = tree.Overlay
		if err := os.Mkdir(filepath.Join(dir, "fs"), 0o755); err != nil {
			return "", err
		}
		needs, err := c.into(ctx, filepath.Join(dir, "fs"), opt, func(_ context.Context, t *tree.Tree) error { return o.into(t) })
		if err != nil {
			return "", err
		}
		text, err := json.Marshal(needs)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, "layer.json"), append(text, '\n'), 0o600); err != nil {
			return "", err
		}
		return key(l.DiffID), c.seal(ctx, dir)
	})
	return err
}

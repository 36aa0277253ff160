package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-rootfs/internal/store"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

func volumeVerb(o *tool.Options) func(c *tool.Call) error {
	dir := store.Default()
	var labels []string
	o.String(&dir, "store", 0, "DIR", "where volumes are kept")
	o.Strings(&labels, "label", 0, "KEY=VALUE", "with create: what a person should know of it")
	o.Format("text", "json")
	return func(c *tool.Call) error {
		word, names := c.Args[0], c.Args[1:]
		if len(labels) > 0 && word != "create" {
			return fail.Usage("--label goes with create only")
		}
		open := store.Open
		if word == "rm" {
			open = store.Alone
		}
		s, err := open(dir)
		if err != nil {
			return err
		}
		defer s.Close()
		switch {
		case word == "list" && len(names) == 0:
			return volumeList(c, s)
		case word == "create" && len(names) == 1:
			return volumeCreate(c, s, labels)
		case word == "rm" && len(names) > 0:
			for _, name := range names {
				if err := s.RemoveVolume(name); err != nil {
					return err
				}
			}
			return nil
		case word == "inspect" && len(names) > 0:
			for _, name := range names {
				v, err := s.Volume(name)
				if err != nil {
					return err
				}
				if err := printJSON(c, v); err != nil {
					return err
				}
			}
			return nil
		}
		return fail.Usage("need volume list, or volume create NAME, rm NAME…, inspect NAME…")
	}
}

func volumeCreate(c *tool.Call, s *store.Store, labels []string) error {
	v := store.Volume{Name: c.Args[1]}
	for _, l := range labels {
		key, value, ok := strings.Cut(l, "=")
		if !ok || key == "" {
			return fail.Usage("--label: have %q, need KEY=VALUE", l)
		}
		if v.Labels == nil {
			v.Labels = map[string]string{}
		}
		v.Labels[key] = value
	}
	v, err := s.CreateVolume(v, false)
	if err != nil {
		return err
	}
	return c.Print([]byte(v.Name + "\n"))
}

func volumeList(c *tool.Call, s *store.Store) error {
	list, err := s.Volumes()
	if err != nil {
		return err
	}
	for _, v := range list {
		if c.Format == "json" {
			err = printJSON(c, v)
		} else {
			err = c.Print(fmt.Appendf(nil, "%s\t%s\t%d\n", v.Name, v.Path, len(v.Used)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func printJSON(c *tool.Call, value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return c.Print(append(line, '\n'))
}

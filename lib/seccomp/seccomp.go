// Package seccomp turns /linux/seccomp of a spec into a filter that the kernel
// accepts. The filter is compiled by gt-seccomp, which alone links libseccomp,
// and kept in a cache: a container that starts with a known profile pays for
// the read of one small file.
package seccomp

import (
	"github.com/opencontainers/runtime-spec/specs-go"
)

// A Program is what to install with seccomp(2), SECCOMP_SET_MODE_FILTER. The
// zero Program installs nothing.
type Program struct {
	// Filter is an array of struct sock_filter (8 bytes each, native byte
	// order); empty: install nothing.
	Filter []byte
	// Flags are SECCOMP_FILTER_FLAG_* bits; SECCOMP_FILTER_FLAG_NEW_LISTENER is
	// among them exactly if NeedsListener.
	Flags uint32
	// NeedsListener says that a rule notifies: seccomp(2) answers with a
	// descriptor, which goes to the socket at ListenerPath.
	NeedsListener    bool
	ListenerPath     string
	ListenerMetadata string
	// CacheError says why the cache was not used or the filter not kept there.
	// The filter is good nevertheless: warn about it, and go on.
	CacheError error
}

// Options say where filters come from.
type Options struct {
	// CacheDir keeps compiled filters; it is made with mode 0700 if absent and
	// refused if anybody else may write to it. Empty: no cache.
	CacheDir string
	// Helper is the path of gt-seccomp. Empty: beside the running binary.
	Helper string
	// Stamp is the build stamp; filters of another build are not used.
	Stamp string
}

// Filter compiles s, or finds it compiled. No profile (nil, or neither a default
// action nor rules) is no Program. A profile that is wrong is a *fail.Error with
// the member; a missing compiler is one with code host.
func Filter(s *specs.LinuxSeccomp, opt Options) (Program, error) {
	if s == nil || (s.DefaultAction == "" && len(s.Syscalls) == 0) {
		return Program{}, nil
	}
	p, err := install(s)
	if err != nil {
		return Program{}, err
	}
	helper, err := findHelper(opt.Helper)
	if err != nil {
		return Program{}, err
	}
	if opt.CacheDir == "" {
		p.Filter, err = compile(s, helper.path)
		return p, err
	}
	key := keyOf(s, opt.Stamp, helper)
	cache, err := openCache(opt.CacheDir)
	if err != nil {
		p.CacheError = err
		p.Filter, err = compile(s, helper.path)
		return p, err
	}
	defer cache.close()
	if p.Filter = cache.load(key); p.Filter != nil {
		return p, nil
	}
	if p.Filter, err = compile(s, helper.path); err != nil {
		return Program{}, err
	}
	p.CacheError = cache.store(key, p.Filter)
	return p, nil
}

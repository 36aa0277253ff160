package settings

import (
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// ParseRestart reads no, always, unless-stopped, on-failure or on-failure:N.
func ParseRestart(text string) (Restart, error) {
	policy, count, counted := strings.Cut(text, ":")
	switch policy {
	case "", "no", "always", "unless-stopped", "on-failure":
	default:
		return Restart{}, fail.Usage("--restart: have %q, need no, on-failure, on-failure:N, always or unless-stopped", text)
	}
	if policy == "" {
		policy = "no"
	}
	if !counted {
		return Restart{Policy: policy}, nil
	}
	n, err := strconv.Atoi(count)
	if policy != "on-failure" || err != nil || n < 1 {
		return Restart{}, fail.Usage("--restart: have %q, need a number only after on-failure, 1 or more", text)
	}
	return Restart{Policy: policy, Max: n}, nil
}

// SetRestart changes the policy, and keeps it.
func (s *Settings) SetRestart(text string) error {
	r, err := ParseRestart(text)
	if err != nil {
		return err
	}
	if s.Remove && r.Policy != "no" {
		return fail.Usage("--rm and --restart %s are both there, need one", text)
	}
	before := s.Restart
	s.Restart = r
	if err := s.Write(); err != nil {
		s.Restart = before
		return err
	}
	return nil
}

// Drivers are where output can go, by the names that Docker and Podman use too.
var Drivers = []string{"json", "plain", "cri", "journald", "none"}

// ParseLog reads the driver and its options, as NAME=VALUE.
func ParseLog(driver string, options []string) (Log, error) {
	aliases := map[string]string{"json-file": "json", "k8s-file": "cri", "": "json", "local": "json"}
	l := Log{Driver: driver, MaxFile: 1}
	if name, ok := aliases[driver]; ok {
		l.Driver = name
	}
	known := false
	for _, d := range Drivers {
		known = known || d == l.Driver
	}
	if !known {
		return l, fail.Usage("--log-driver: have %q, need one of %s", driver, strings.Join(Drivers, " "))
	}
	for _, o := range options {
		if err := l.option(o); err != nil {
			return l, err
		}
	}
	if l.MaxFile > 1 && l.MaxSize == 0 {
		return l, fail.Usage("--log-opt: max-file is there without max-size: need both")
	}
	return l, nil
}

func (l *Log) option(text string) (err error) {
	name, value, _ := strings.Cut(text, "=")
	files := l.Driver != "journald" && l.Driver != "none"
	switch {
	case name == "max-size" && files:
		l.MaxSize, err = Size(value)
		if err == nil && l.MaxSize < 1024 {
			err = fail.Usage("have %s, need at least 1k", value)
		}
	case name == "max-file" && files:
		l.MaxFile, err = strconv.Atoi(value)
		if err != nil || l.MaxFile < 1 || l.MaxFile > 1000 {
			err = fail.Usage("have %q, need a number from 1 to 1000", value)
		}
	case name == "tag" && l.Driver == "journald":
		l.Tag = value
	default:
		return fail.Usage("--log-opt: %s is unknown to log driver %s, need %s", name, l.Driver, l.options())
	}
	if err != nil {
		return fail.Usage("--log-opt: %s: %w", name, err)
	}
	return nil
}

func (l *Log) options() string {
	switch l.Driver {
	case "journald":
		return "tag"
	case "none":
		return "no option"
	}
	return "max-size or max-file"
}

// Size reads bytes with an optional unit b, k, m, g of powers of 1024.
func Size(text string) (int64, error) {
	number := strings.TrimRight(strings.ToLower(text), "ib")
	shift := 0
	if n := len(number); n > 0 {
		if i := strings.IndexByte("kmgt", number[n-1]); i >= 0 {
			number, shift = number[:n-1], 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > 1<<62>>shift {
		return 0, fail.Usage("have %q, need a size such as 512k or 10m", text)
	}
	return n << shift, nil
}

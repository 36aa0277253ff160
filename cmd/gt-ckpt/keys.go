package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"strings"

	"filippo.io/age"

	"github.com/gophertainer/gophertainer/cmd/gt-ckpt/internal/image"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// writing are the options of who makes a stream.
type writing struct {
	encrypt []string
	sign    string
}

func (w *writing) declare(o *tool.Options) {
	o.Strings(&w.encrypt, "encrypt", 0, "RECIPIENT", "encrypt a stream with age for RECIPIENT (age1…) or those in a file")
	o.String(&w.sign, "sign", 0, "KEY", "sign a stream with the ed25519 key in a PEM file (PKCS 8)")
}

func (w *writing) sealing() (*image.Sealing, error) {
	s := &image.Sealing{}
	for _, text := range w.encrypt {
		if !strings.HasPrefix(text, "age1") {
			b, err := os.ReadFile(text)
			if err != nil {
				return nil, &fail.Error{Code: fail.CodeUsage, Op: "--encrypt", Cause: err}
			}
			text = string(b)
		}
		list, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil {
			return nil, fail.Usage("--encrypt: %w", err)
		}
		s.Recipients = append(s.Recipients, list...)
	}
	if w.sign == "" {
		return s, nil
	}
	der, err := readPEM("--sign", w.sign)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fail.Usage("--sign: %s: %w", w.sign, err)
	}
	var ok bool
	if s.Key, ok = key.(ed25519.PrivateKey); !ok {
		return nil, fail.Usage("--sign: %s has a key of another kind, need ed25519", w.sign)
	}
	return s, nil
}

// reading are the options of who takes a stream.
type reading struct {
	identity []string
	verify   string
}

func (r *reading) declare(o *tool.Options) {
	o.Strings(&r.identity, "identity", 0, "FILE", "decrypt a stream with the age identities in FILE")
	o.String(&r.verify, "verify", 0, "KEY", "refuse a stream that the ed25519 key in a PEM file (public, PKIX) has not signed")
}

func (r *reading) opening() (*image.Opening, error) {
	o := &image.Opening{}
	for _, name := range r.identity {
		f, err := os.Open(name)
		if err != nil {
			return nil, &fail.Error{Code: fail.CodeUsage, Op: "--identity", Cause: err}
		}
		list, err := age.ParseIdentities(f)
		_ = f.Close()
		if err != nil {
			return nil, fail.Usage("--identity: %s: %w", name, err)
		}
		o.Identities = append(o.Identities, list...)
	}
	if r.verify == "" {
		return o, nil
	}
	der, err := readPEM("--verify", r.verify)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fail.Usage("--verify: %s: %w", r.verify, err)
	}
	var ok bool
	if o.Trusted, ok = key.(ed25519.PublicKey); !ok {
		return nil, fail.Usage("--verify: %s has a key of another kind, need ed25519", r.verify)
	}
	return o, nil
}

func readPEM(option, name string) ([]byte, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, &fail.Error{Code: fail.CodeUsage, Op: option, Cause: err}
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fail.Usage("%s: %s is no PEM file", option, name)
	}
	return block.Bytes, nil
}

package plugin

import "github.com/gophertainer/gophertainer/lib/json"

// DecodeRequest reads a line to a plugin. It looks at each byte of a config.json
// once, encoding/json does so twice.
func DecodeRequest(line []byte) (*Request, error) {
	in, r := json.NewReader(line), &Request{}
	in.Object(func(name string) {
		switch name {
		case "jsonrpc":
			r.JSONRPC = in.String()
		case "id":
			r.ID = in.Raw()
		case "method":
			r.Method = in.String()
		case "params":
			r.Params = in.Raw()
		}
	})
	return r, in.End()
}

// DecodeSpecRequest reads the params of runtime.adjust and security.check.
func DecodeSpecRequest(params []byte) (*SpecRequest, error) {
	in, r := json.NewReader(params), &SpecRequest{}
	in.Object(func(name string) {
		switch name {
		case "id":
			r.ID = in.String()
		case "bundle":
			r.Bundle = in.String()
		case "spec":
			r.Spec = in.Raw()
		}
	})
	return r, in.End()
}

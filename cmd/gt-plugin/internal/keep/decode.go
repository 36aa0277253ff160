package keep

import (
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/plugin"
)

// Decode reads a request of gt-oci. It looks at each byte of a config.json once,
// encoding/json does so twice.
func Decode(line []byte) (*plugin.Request, error) {
	in, r := json.NewReader(line), &plugin.Request{}
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

// DecodeSpec reads the params of create.
func DecodeSpec(params []byte) (*plugin.SpecRequest, error) {
	in, r := json.NewReader(params), &plugin.SpecRequest{}
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

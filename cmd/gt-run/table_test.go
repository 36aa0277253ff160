package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"reflect"
	"testing"

	"github.com/alecthomas/kong"
)

// TestTable: table.go is what kong reads in the tags of options.
func TestTable(t *testing.T) {
	want, err := format.Source(makeTable(t))
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("GT_WRITE") != "" {
		if err := os.WriteFile("table.go", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile("table.go"); err != nil || !bytes.Equal(have, want) {
		t.Errorf("table.go is not of these options (%v), need `go generate ./cmd/gt-run`", err)
	}
}

func makeTable(t *testing.T) []byte {
	t.Helper()
	o := &options{}
	k, err := kong.New(o, kong.NoDefaultHelp())
	if err != nil {
		t.Fatal(err)
	}
	at := map[any]string{}
	places(reflect.ValueOf(o).Elem(), "o", at)
	var b, defaults, hidden bytes.Buffer
	for _, f := range k.Model.Flags {
		path := at[f.Target.Addr().Interface()]
		if f.HasDefault {
			fmt.Fprintf(&defaults, "%s = %q\n", path, f.Default)
		}
		short := "0"
		if f.Short != 0 {
			short = fmt.Sprintf("%q", f.Short)
		}
		for i, name := range append([]string{f.Name}, f.Aliases...) {
			if i > 0 {
				short = "0"
				fmt.Fprintf(&hidden, "%q,", name)
			}
			b.WriteString(declaration(f, path, name, short) + "\n")
		}
	}
	return fmt.Appendf(nil, "// Code generated from the tags of options. DO NOT EDIT.\n\npackage main\n\n"+
		"import \"github.com/gophertainer/gophertainer/lib/tool\"\n\n"+
		"// declare sets the defaults and declares each option, with its other names.\n"+
		"func (o *options) declare(t *tool.Options) {\n%s%st.Hidden(%s)\n}\n", defaults.Bytes(), b.Bytes(), bytes.TrimSuffix(hidden.Bytes(), []byte(",")))
}

// declaration is one call of lib/tool.
func declaration(f *kong.Flag, path, name, short string) string {
	rest := fmt.Sprintf("%q, %s, %q, %q)", name, short, f.PlaceHolder, f.Help)
	switch v := f.Target.Addr().Interface().(type) {
	case *string:
		return fmt.Sprintf("t.String(&%s, %s", path, rest)
	case *[]string:
		return fmt.Sprintf("t.Strings(&%s, %s", path, rest)
	case *bool:
		return fmt.Sprintf("t.Bool(&%s, %q, %s, %q)", path, name, short, f.Help)
	case **string:
		return fmt.Sprintf("t.Func(text(&%s), %s", path, rest)
	case **int, **int64, **uint16, **uint64:
		return fmt.Sprintf("t.Func(whole(&%s), %s", path, rest)
	default:
		return fmt.Sprintf("// %s: no option can be a %T", path, v)
	}
}

// places finds the fields by their address.
func places(v reflect.Value, path string, at map[any]string) {
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i)
		switch {
		case name.Anonymous:
			places(f, path+"."+name.Name, at)
		default:
			at[f.Addr().Interface()] = path + "." + name.Name
		}
	}
}

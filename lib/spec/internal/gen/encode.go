package main

import (
	"bytes"
	"fmt"
	"reflect"
)

func (f *family) writeEncoder() ([]byte, error) {
	var body bytes.Buffer
	for _, t := range f.types {
		fmt.Fprintf(&body, "\nfunc write%s(w *json.Writer, v *%s) {\n\tw.Object()\n", t.Name(), t)
		for _, m := range members(t) {
			value, err := write(m.typ, "v."+m.field)
			if err != nil {
				return nil, fmt.Errorf("%s.%s: %w", t, m.field, err)
			}
			value = fmt.Sprintf("w.Name(%q)\n%s\n", m.name, value)
			if there := there(m); there != "" {
				value = "if " + there + " {\n" + value + "}\n"
			}
			body.WriteString(value)
		}
		body.WriteString("w.EndObject()\n}\n")
	}
	return file(&body)
}

// there is the condition under which a member is written, as encoding/json has
// it: a struct is never empty.
func there(m member) string {
	v := "v." + m.field
	switch {
	case !m.omit || m.typ.Kind() == reflect.Struct:
		return ""
	case m.typ.Kind() == reflect.Pointer:
		return v + " != nil"
	case m.typ.Kind() == reflect.Slice || m.typ.Kind() == reflect.Map:
		return "len(" + v + ") > 0"
	case m.typ.Kind() == reflect.String:
		return v + ` != ""`
	case m.typ.Kind() == reflect.Bool:
		return v
	}
	return v + " != 0"
}

// write is the statement that writes a value.
func write(t reflect.Type, v string) (string, error) {
	switch t.Kind() {
	case reflect.Struct:
		return fmt.Sprintf("write%s(w, &%s)", t.Name(), v), nil
	case reflect.Pointer:
		each, err := item(t.Elem())
		return fmt.Sprintf("pointed(w, %s, %s)", v, each), err
	case reflect.Slice, reflect.Map:
		each, err := item(t.Elem())
		return fmt.Sprintf("%s(w, %s, %s)", map[reflect.Kind]string{reflect.Slice: "array", reflect.Map: "table"}[t.Kind()], v, each), err
	case reflect.String:
		return convert("w.String", "string", t, v), nil
	case reflect.Bool:
		return convert("w.Bool", "bool", t, v), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return convert("w.Int", "int64", t, v), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return convert("w.Uint", "uint64", t, v), nil
	}
	return "", fmt.Errorf("have a %s, need a type that JSON has", t.Kind())
}

func convert(call, plain string, t reflect.Type, v string) string {
	if t.String() == plain {
		return call + "(" + v + ")"
	}
	return call + "(" + plain + "(" + v + "))"
}

// item is the function that writes one value by its address.
func item(t reflect.Type) (string, error) {
	if t.Kind() == reflect.Struct {
		return "write" + t.Name(), nil
	}
	if t.Kind() == reflect.String {
		return fmt.Sprintf("words[%s]", word(t)), nil
	}
	value, err := write(t, "*v")
	return fmt.Sprintf("func(w *json.Writer, v *%s) { %s }", word(t), value), err
}

package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// source is the text of a statement, without its &.
func source(st *syntax.Stmt) string { return sourceAll([]*syntax.Stmt{st}) }

func sourceAll(list []*syntax.Stmt) string {
	return printed(&syntax.File{Stmts: list})
}

// printed turns a piece of script back into text. The printer writes into
// memory and knows every node the parser makes, so it cannot fail.
func printed(n syntax.Node) string {
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Word:
			escapeDollars(n.Parts)
		case *syntax.DblQuoted:
			escapeDollars(n.Parts)
		}
		return true
	})
	var b strings.Builder
	if err := syntax.NewPrinter().Print(&b, n); err != nil {
		return "echo " + quote(err.Error()) + " >&2; exit 2"
	}
	return b.String()
}

// escapeDollars writes a dollar that stands for itself as \$: the printer puts
// the next part right behind it, and $`a` would become $$(a).
func escapeDollars(parts []syntax.WordPart) {
	for i, p := range parts {
		lit, ok := p.(*syntax.Lit)
		if !ok || i+1 == len(parts) || !strings.HasSuffix(lit.Value, "$") {
			continue
		}
		before := strings.TrimSuffix(lit.Value, "$")
		if slashes := len(before) - len(strings.TrimRight(before, "\\")); slashes%2 == 0 {
			lit.Value = before + `\$`
		}
	}
}

// quoteCall is a command of already expanded words.
func quoteCall(pairs, args []string) string {
	var words []string
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		words = append(words, name+"="+quote(value))
	}
	for _, a := range args {
		words = append(words, quote(a))
	}
	return strings.Join(words, " ")
}

package main

import (
	"fmt"
	"go/doc/comment"
	"strings"
)

// render writes a doc comment in the macros of man(7). It carries no date and
// no version, so that the same comment gives the same page.
func render(name, section, text string) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".\\\" Written by make man from cmd/%s/main.go.\n", name)
	fmt.Fprintf(&b, ".TH %s %s \"\" Gophertainer \"Gophertainer manual\"\n.nh\n.ad l\n", strings.ToUpper(name), section)
	doc := new(comment.Parser).Parse(text)
	first := true
	for _, block := range doc.Content {
		if p, ok := block.(*comment.Paragraph); ok && first {
			summary, rest := split(plain(p.Text), name)
			fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", escape(name), escape(summary))
			if rest != "" {
				fmt.Fprintf(&b, ".PP\n%s\n", escape(rest))
			}
			first = false
			continue
		}
		write(&b, block)
	}
	return b.String()
}

// split takes "Gt-oci does this. More." apart: "does this" and "More.".
func split(text, name string) (summary, rest string) {
	if len(text) > len(name) && strings.EqualFold(text[:len(name)], name) {
		text = strings.TrimLeft(text[len(name):], " :")
	}
	text = strings.TrimPrefix(text, "is ")
	summary, rest, _ = strings.Cut(text, ". ")
	return strings.TrimSuffix(summary, "."), rest
}

func write(b *strings.Builder, block comment.Block) {
	switch v := block.(type) {
	case *comment.Heading:
		fmt.Fprintf(b, ".SH %s\n", escape(strings.ToUpper(plain(v.Text))))
	case *comment.Paragraph:
		fmt.Fprintf(b, ".PP\n%s\n", escape(plain(v.Text)))
	case *comment.Code:
		fmt.Fprintf(b, ".PP\n.RS 4\n.nf\n%s\n.fi\n.RE\n", escape(strings.TrimRight(v.Text, "\n")))
	case *comment.List:
		for _, item := range v.Items {
			mark := "\\(bu"
			if item.Number != "" {
				mark = item.Number + "."
			}
			fmt.Fprintf(b, ".IP %s 4\n", mark)
			for _, c := range item.Content {
				if p, ok := c.(*comment.Paragraph); ok {
					fmt.Fprintf(b, "%s\n", escape(plain(p.Text)))
				}
			}
		}
	}
}

func plain(texts []comment.Text) string {
	var b strings.Builder
	for _, t := range texts {
		switch v := t.(type) {
		case comment.Plain:
			b.WriteString(string(v))
		case comment.Italic:
			b.WriteString(string(v))
		case *comment.Link:
			b.WriteString(plain(v.Text))
		case *comment.DocLink:
			b.WriteString(plain(v.Text))
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// escape keeps roff from reading what is text.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, `-`, `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

package web

import _ "embed"

// Page is the page for browsers, all in one file.
//
//go:embed page.html
var Page []byte

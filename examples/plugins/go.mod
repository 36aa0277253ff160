module example.org/plugins

go 1.26.0

require github.com/gophertainer/gophertainer v0.0.0

replace github.com/gophertainer/gophertainer => ../..

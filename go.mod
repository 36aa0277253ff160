module github.com/gophertainer/gophertainer

go 1.26

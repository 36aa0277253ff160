module example.org/plugins

go 1.26.0

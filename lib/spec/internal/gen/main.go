// Gen writes the decoder of lib/spec from the types of the runtime
// specification: what encoding/json finds out by reflection at each start is
// found out once, here. Run it by `go generate ./lib/spec`.
package main

import (
	"log"
	"os"
	"path/filepath"
)

func main() {
	files, err := generate()
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(".", name), text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

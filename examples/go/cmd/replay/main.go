// Command replay replays the golden rows of artifacts: replay FOLDER...
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"skiff"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: replay FOLDER...")
		os.Exit(2)
	}
	agree := true
	for _, folder := range os.Args[1:] {
		name := filepath.Base(filepath.Dir(folder)) + "/" + filepath.Base(folder)
		verdict, err := replay(folder)
		if err != nil {
			fmt.Printf("%s: fails: %s\n", name, err)
		} else {
			fmt.Printf("%s: %s\n", name, verdict)
		}
		agree = agree && verdict.Agrees
	}
	if !agree {
		os.Exit(1)
	}
}

func replay(folder string) (skiff.Verdict, error) {
	model, err := skiff.Open(folder)
	if err != nil {
		return skiff.Verdict{}, err
	}
	defer model.Close()
	vectors, err := skiff.ReadVectors(folder)
	if err != nil {
		return skiff.Verdict{}, err
	}
	return model.Replay(vectors)
}

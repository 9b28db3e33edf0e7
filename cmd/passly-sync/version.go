package main

import (
	"fmt"
	"io"
	"runtime"
)

// VersionCmd says which version this is.
type VersionCmd struct{}

// Run prints it.
func (VersionCmd) Run(streams Streams) error {
	printVersion(streams.Out)
	return nil
}

func printVersion(w io.Writer) {
	fmt.Fprintf(w, "passly-sync %s (%s/%s)\n", version, runtime.GOOS, runtime.GOARCH)
}

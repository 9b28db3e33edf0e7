//go:build !windows

package main

import (
	"io"
	"log/slog"
)

// withoutLog has nothing to add: the journal has what a service prints.
func withoutLog(error) {}

// openLog logs to the journal's liking: systemd puts the time, and so does a terminal's reader expect one.
func openLog(_ string, w io.Writer) (*slog.Logger, func()) {
	return slog.New(slog.NewTextHandler(w, nil)), func() {}
}

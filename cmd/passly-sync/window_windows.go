package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// elevate starts this program anew in a window of its own, after Windows has asked whether it may be elevated.
func elevate(args string) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	var words [3]*uint16
	for i, text := range []string{"runas", program, args} {
		if words[i], err = windows.UTF16PtrFromString(text); err != nil {
			return fmt.Errorf("asking for an elevated prompt: %w", err)
		}
	}
	if err := windows.ShellExecute(0, words[0], words[1], words[2], nil, windows.SW_SHOWNORMAL); err != nil {
		return fmt.Errorf("asking for an elevated prompt: %w", err)
	}
	return nil
}

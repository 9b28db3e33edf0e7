//go:build unix

package host

import "os"

// MakeState makes the state folder where it is not there yet, for this process's account alone.
func MakeState(folder string) error { return os.MkdirAll(folder, 0o700) }

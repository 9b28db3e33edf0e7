package problem

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"
)

func TestReasonsAreTheSameOnEverySystemAndEndNoSentence(t *testing.T) {
	for want, err := range map[string]error{
		"connection refused":                          syscall.Errno(10061),
		"no such file or directory":                   syscall.ENOENT,
		"permission denied":                           syscall.EACCES,
		"the network path was not found":              errors.New("the network path was not found.\r\n"),
		"open x: " + Reason(errors.New("it is torn")): &fs.PathError{Op: "open", Path: "x", Err: errors.New("it is torn.")},
	} {
		if got := Reason(err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

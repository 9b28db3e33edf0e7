package problem

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
)

// wsaRefused is what Windows says where others say ECONNREFUSED (WSAECONNREFUSED).
const wsaRefused = syscall.Errno(10061)

// Reason gives the text of a system's error for a sentence to end with: without a full stop of its own, and in the same words
// on every system and in every language for what everybody meets.
func Reason(err error) string {
	errno, bare := err.(syscall.Errno) //nolint:errorlint // one with a path before it keeps its text
	switch {
	case bare && (errno == wsaRefused || errors.Is(errno, syscall.ECONNREFUSED)):
		return "connection refused"
	case bare && errors.Is(errno, fs.ErrNotExist):
		return "no such file or directory"
	case bare && errors.Is(errno, fs.ErrPermission):
		return "permission denied"
	}
	return strings.TrimRight(err.Error(), ". \r\n")
}

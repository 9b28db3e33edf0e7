// Package textfile reads the text of files that people make: passwords, answers, certificates. Editors and shells on Windows write
// UTF-16 or put a byte order mark before UTF-8 (PowerShell's > and Out-File, Notepad), which would silently become part of a password.
// Where files are and how large they may be is for those who open them.
package textfile

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// ErrEncoding is what a text is that is in a code page of its writer's system: which, nothing says.
var ErrEncoding = errors.New("it is neither UTF-8 nor UTF-16; save it as UTF-8")

// Decode gives the text as UTF-8 without a byte order mark: from UTF-16 where a mark says so, else from UTF-8.
func Decode(raw []byte) ([]byte, error) {
	text, _, err := transform.Bytes(unicode.BOMOverride(transform.Nop), raw)
	// UTF-16 without a mark looks like UTF-8 with zeros; half a pair of it becomes the character for what could not be read.
	if err != nil || !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(raw) && bytes.ContainsRune(text, utf8.RuneError) {
		return nil, ErrEncoding
	}
	return text, nil
}

package trust

import (
	"errors"
	"io"
	"os"

	"passlysync/pkg/textfile"
)

// maxFile bounds a file of certificates, in bytes; a whole distribution's bundle fits.
const maxFile = 256 << 10

// ReadFile reads a file of certificates. What is no regular file is refused: a pipe may never end, nor even open.
func ReadFile(path string) ([]byte, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(raw) > maxFile {
		err = errors.New("it is too large to be a file of certificates")
	}
	if text, unread := textfile.Decode(raw); unread == nil {
		raw = text // else it is no text, as the next reader will say
	}
	return raw, err
}

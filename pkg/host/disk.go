package host

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// Free gives the bytes that this account may still write to the file system of a folder, which need not exist yet.
func Free(folder string) (uint64, error) {
	for {
		bytes, err := free(folder)
		parent := filepath.Dir(folder)
		if err == nil || !errors.Is(err, fs.ErrNotExist) || parent == folder {
			return bytes, err
		}
		folder = parent
	}
}

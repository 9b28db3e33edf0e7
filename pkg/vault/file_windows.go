package vault

import "os"

// private leaves protection to the state folder's access control list, which setup writes.
func private(string, os.FileInfo) error { return nil }

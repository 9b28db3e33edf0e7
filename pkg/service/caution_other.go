//go:build !windows

package service

// Caution has nothing to say elsewhere than on Windows.
func (*Manager) Caution() string { return "" }

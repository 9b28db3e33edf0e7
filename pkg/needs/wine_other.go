//go:build !windows

package needs

// Wine reports whether this is no Windows but Wine.
func Wine() bool { return false }

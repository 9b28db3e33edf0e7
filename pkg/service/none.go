//go:build !linux && !windows

package service

import "context"

const hint = "Start the agent yourself: passly-sync agent."

// Manager has nothing to manage here.
type Manager struct{}

// Open says that there is no service manager.
func Open(Settings) (*Manager, error) { return nil, noManager() }

// Install does nothing.
func (*Manager) Install(context.Context) error { return noManager() }

// Start does nothing.
func (*Manager) Start(context.Context) error { return noManager() }

// Stop does nothing.
func (*Manager) Stop(context.Context) error { return noManager() }

// Installed finds nothing.
func (*Manager) Installed(context.Context) (Installation, bool) { return Installation{}, false }

// Accepts does nothing.
func (*Manager) Accepts() error { return noManager() }

// Remove does nothing.
func (*Manager) Remove(context.Context) error { return noManager() }

//go:build !windows

package service

import "context"

// Run runs work until it ends; only Windows' service manager wants more.
func Run(ctx context.Context, work func(context.Context) error) error { return work(ctx) }

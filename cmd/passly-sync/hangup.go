package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilHungUp ends setup also when its terminal is closed, and at Ctrl+\: the terminal is given back, the administrator's
// session ended, and what was begun undone, as at Ctrl+C. Who asked to outlive the terminal (nohup(1)) does.
func untilHungUp(ctx context.Context) (context.Context, context.CancelFunc) {
	var signals []os.Signal
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) {
			signals = append(signals, s)
		}
	}
	if len(signals) == 0 { // Notify would take an empty list for all signals
		return context.WithCancel(ctx)
	}
	return signal.NotifyContext(ctx, signals...)
}

package agent

import (
	"context"

	"passlysync/pkg/directory"
)

// watch has the directory say when something changed, over a connection of its own, again and again until ctx ends. It is a
// hint: without it the poll finds the change.
func (s *session) watch(ctx context.Context) error {
	wait := newBackoff()
	for ctx.Err() == nil {
		err := s.watchOnce(ctx, wait.reset)
		if ctx.Err() != nil {
			break
		}
		s.o.Log.Info("the directory's notifications ended", "error", err)
		wait.sleep(ctx, err, nil)
	}
	return ctx.Err()
}

func (s *session) watchOnce(ctx context.Context, ready func()) error {
	reader, err := s.openDirectory(ctx)
	if err != nil {
		return err
	}
	defer reader.Close()
	ctx, cancel := s.untilMoved(ctx)
	defer cancel()
	watcher, ok := reader.(directory.Watcher)
	if !ok {
		<-ctx.Done()
		return ctx.Err()
	}
	return watcher.Watch(ctx, func() {
		ready()
		poke(s.wake) // for what changed before the watch stood
	}, func() { poke(s.wake) })
}

// untilMoved gives a context that ends when another domain controller serves: its changes are to be heard of then.
func (s *session) untilMoved(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	moved := s.controllers.Moved()
	go func() {
		select {
		case <-moved:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

package ad

import (
	"context"

	"passlysync/pkg/directory"
)

// handOn hands on pages while the next ones are received: decoding must overlap with what the caller does. The error of whoever
// failed first ends both.
func handOn(ctx context.Context, receive func(context.Context, chan<- []directory.Entry) error, hand func([]directory.Entry) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := make(chan []directory.Entry, 1)
	failed := make(chan error, 1)
	go func() {
		defer close(pages)
		failed <- receive(ctx, pages)
	}()
	var err error
	for page := range pages {
		if err == nil {
			if err = hand(page); err != nil {
				cancel()
			}
		}
	}
	if received := <-failed; err == nil {
		err = received
	}
	return err
}

// put gives a page to handOn.
func put(ctx context.Context, pages chan<- []directory.Entry, page []directory.Entry) error {
	select {
	case pages <- page:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

package service

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
)

// Run runs work until it ends or the service is stopped, and keeps the service manager informed. Started by a person rather
// than by the service manager, it just runs work.
func Run(ctx context.Context, work func(context.Context) error) error {
	h := &handler{ctx: ctx, work: work}
	err := svc.Run(Name, h)
	if errors.Is(err, windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
		return work(ctx)
	}
	if err != nil {
		return fmt.Errorf("running as a service: %w", err)
	}
	return h.err
}

type handler struct {
	ctx  context.Context
	work func(context.Context) error
	err  error
}

// Execute answers the service manager's requests while work goes on.
func (h *handler) Execute(_ []string, requests <-chan svc.ChangeRequest, changes chan<- svc.Status) (bool, uint32) {
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- h.work(ctx) }()
	running := svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
	changes <- running
	for {
		select {
		case h.err = <-ended:
			changes <- svc.Status{State: svc.StopPending}
			return h.err != nil, exitCode(h.err)
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				changes <- running
			case svc.Stop, svc.Shutdown:
				running.State = svc.StopPending
				changes <- running
				cancel()
			}
		}
	}
}

func exitCode(err error) uint32 {
	if err != nil {
		return 1
	}
	return 0
}

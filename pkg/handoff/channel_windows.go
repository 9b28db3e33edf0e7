package handoff

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"

	"passlysync/pkg/problem"
)

// elevate is what to do when this account may not.
const elevate = "Run this command from an elevated prompt (Run as administrator)."

// start is what to do when nobody listens.
func start() string {
	return "Start it with “sc start passly-sync”, or run “passly-sync agent” in another prompt."
}

// listen makes the named pipe. Its first instance fails when another process has a pipe of that name.
func listen(_ context.Context, path string) (net.Listener, error) {
	account, err := ownAccount()
	if err != nil {
		return nil, err
	}
	listener, err := winio.ListenPipe(path, &winio.PipeConfig{
		SecurityDescriptor: descriptor(account), InputBufferSize: 1 << 16, OutputBufferSize: 1 << 16,
	})
	if errors.Is(err, os.ErrPermission) || errors.Is(err, windows.ERROR_PIPE_BUSY) {
		return nil, &problem.Problem{
			Code: problem.Conflict, Title: "Another agent is already running with this state folder",
			Text: "Two agents must never work on the same state.", Hint: "Use the one that runs, or stop it first.",
			Op: "opening the local channel", Err: err,
		}
	}
	if err != nil {
		return nil, fmt.Errorf("opening the local channel: %w", err)
	}
	firstCall(path)
	return listener, nil
}

// descriptor lets in SYSTEM, Administrators and the agent's own account, and nobody over the network (MS-DTYP 2.5.1).
func descriptor(account string) string {
	return "D:P(D;;GA;;;NU)(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;" + account + ")"
}

func ownAccount() (string, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", fmt.Errorf("asking for this process's account: %w", err)
	}
	return user.User.Sid.String(), nil
}

func dial(ctx context.Context, path string) (net.Conn, error) {
	return winio.DialPipeContext(ctx, path)
}

// checkCaller has nothing to add: the pipe's descriptor turned others away.
func checkCaller(net.Conn) error { return nil }

//go:build unix

package handoff

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"passlysync/pkg/problem"
)

// elevate is what to do when this account may not.
const elevate = "Run this command as root (sudo), or as the agent's account."

// start is what to do when nobody listens; systemctl helps only where systemd runs (sd_booted(3)).
func start() string {
	if info, err := os.Lstat("/run/systemd/system"); err != nil || !info.IsDir() {
		return "Run “passly-sync agent” in another terminal."
	}
	return "Start it with “systemctl start passly-sync”, or run “passly-sync agent” in another terminal."
}

// maxSocketPath is what sockaddr_un holds on Linux (unix(7)), less the final zero.
const maxSocketPath = 107

// listen makes the socket: in a folder of mode 0700, itself 0600. A lock beside it, held as long as the process lives,
// decides who is the agent; a socket that a dead agent left is replaced.
func listen(ctx context.Context, path string) (net.Listener, error) {
	if len(path) > maxSocketPath {
		return nil, &problem.Problem{
			Code: problem.Invalid, Title: "The path of the local channel is too long",
			Text: fmt.Sprintf("%s has %d bytes; the system allows %d.", path, len(path), maxSocketPath),
			Hint: "Choose a state folder with a shorter path (--state).", Op: "opening the local channel",
		}
	}
	if err := privateFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	lock, err := holdLock(path + ".lock")
	if err != nil {
		return nil, err
	}
	listener, err := replaceSocket(ctx, path)
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	return &locked{Listener: listener, lock: lock}, nil
}

func replaceSocket(ctx context.Context, path string) (net.Listener, error) {
	if conn, err := dial(ctx, path); err == nil {
		_ = conn.Close()
		return nil, alreadyRunning(nil)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("removing the socket of an earlier agent: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("opening the local channel: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("protecting the local channel: %w", err)
	}
	return listener, nil
}

// locked gives the lock back when the listener closes.
type locked struct {
	net.Listener
	lock *os.File
}

// Close removes the socket and gives the lock back.
func (l *locked) Close() error {
	return errors.Join(l.Listener.Close(), l.lock.Close())
}

func dial(ctx context.Context, path string) (net.Conn, error) {
	return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", path)
}

// checkCaller lets in this account and root.
func checkCaller(conn net.Conn) error {
	peer, err := peerOf(conn)
	if err != nil {
		return err
	}
	return trust(peer, uint32(os.Geteuid()), 0)
}

// checkAgent makes sure that a password goes to an agent: one of this account or root, or, when root asks, one of the
// account that owns the channel's private folder (a service account).
func checkAgent(conn net.Conn, path string) error {
	peer, err := peerOf(conn)
	if err != nil {
		return err
	}
	allowed := []uint32{uint32(os.Geteuid()), 0}
	if info, err := os.Lstat(filepath.Dir(path)); err == nil && os.Geteuid() == 0 && info.Mode().Perm()&0o077 == 0 {
		if owner, ok := ownerOf(info); ok {
			allowed = append(allowed, owner)
		}
	}
	return trust(peer, allowed...)
}

// trust reports whether peer is one of the accounts allowed at the other end.
func trust(peer uint32, allowed ...uint32) error {
	for _, id := range allowed {
		if peer == id {
			return nil
		}
	}
	return &problem.Problem{
		Code: problem.Forbidden, Title: "The other end of the local channel belongs to another account",
		Text: fmt.Sprintf("It runs with user id %d. Nothing was sent.", peer),
		Hint: "Check who started the agent, and the owner of the state folder.", Op: "checking the local channel",
	}
}

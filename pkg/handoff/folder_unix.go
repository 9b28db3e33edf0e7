//go:build unix

package handoff

import (
	"fmt"
	"os"
	"syscall"

	"passlysync/pkg/problem"
)

func holdLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the local channel's lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, alreadyRunning(err)
	}
	return f, nil
}

func alreadyRunning(err error) error {
	return &problem.Problem{
		Code: problem.Conflict, Title: "Another agent is already running with this state folder",
		Text: "Two agents must never work on the same state.", Hint: "Use the one that runs, or stop it first.",
		Op: "opening the local channel", Err: err,
	}
}

// privateFolder makes dir, or takes one that is there: it must be a real folder of this account, and becomes 0700.
func privateFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return folderProblem(dir, "It cannot be made: "+problem.Reason(err)+".", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return folderProblem(dir, "It cannot be looked at: "+problem.Reason(err)+".", err)
	}
	if !info.IsDir() {
		return folderProblem(dir, "It is not a folder.", nil)
	}
	if owner, ok := ownerOf(info); !ok || owner != uint32(os.Geteuid()) {
		return folderProblem(dir, "It belongs to another account.", nil)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return os.Chmod(dir, 0o700)
}

func folderProblem(dir, text string, err error) error {
	return &problem.Problem{
		Code: problem.Forbidden, Title: "The folder " + dir + " cannot hold the local channel", Text: text,
		Hint: "Run the agent as the account that owns its state folder, or choose another folder (--state).",
		Op:   "opening the local channel", Err: err,
	}
}

func ownerOf(info os.FileInfo) (uint32, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return stat.Uid, true
}

package service

import (
	"fmt"
	"time"

	"golang.org/x/sys/windows/svc/mgr"
)

// recovery is what the service manager does when the agent's process ends without having been asked to: it starts it again, a
// little later each time. A day without that counts as well again.
var recovery = []mgr.RecoveryAction{
	{Type: mgr.ServiceRestart, Delay: 5 * time.Second},
	{Type: mgr.ServiceRestart, Delay: 30 * time.Second},
	{Type: mgr.ServiceRestart, Delay: 5 * time.Minute},
}

const recoveredAfter = 24 * time.Hour

// recovers has it started again, also after an end with an error; a system that does not know that goes without.
func recovers(s *mgr.Service) error {
	if err := s.SetRecoveryActions(recovery, uint32(recoveredAfter/time.Second)); err != nil {
		return fmt.Errorf("setting the recovery actions: %w", err)
	}
	_ = s.SetRecoveryActionsOnNonCrashFailures(true)
	return nil
}

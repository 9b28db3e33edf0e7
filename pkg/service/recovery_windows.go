package service

import (
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
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

// harden gives the service what CreateService cannot take: recovery actions, also for an end with an error, and a SID of its own,
// by which administrators can grant or refuse the service things. Systems that know none of these go without.
func harden(s *mgr.Service) error {
	if err := s.SetRecoveryActions(recovery, uint32(recoveredAfter/time.Second)); err != nil {
		return fmt.Errorf("setting the recovery actions: %w", err)
	}
	_ = s.SetRecoveryActionsOnNonCrashFailures(true)
	kind := uint32(windows.SERVICE_SID_TYPE_UNRESTRICTED) // SERVICE_SID_INFO
	_ = windows.ChangeServiceConfig2(s.Handle, windows.SERVICE_CONFIG_SERVICE_SID_INFO, (*byte)(unsafe.Pointer(&kind)))
	return nil
}

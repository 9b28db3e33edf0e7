package service

import (
	"errors"

	"golang.org/x/sys/windows"

	"passlysync/pkg/problem"
)

// notStarted says why the service manager did not start the service; nil for nil.
func notStarted(err error) error {
	if err == nil {
		return nil
	}
	p := failed("started", problem.Reason(err)+".", err)
	switch {
	case errors.Is(err, windows.ERROR_SERVICE_LOGON_FAILED):
		p.Text = "Its account cannot log on as a service: its password was changed or has expired, it is disabled, or a policy took the right to log on as a service back."
		p.Hint = "Run setup again and give the account with its password. Where a policy takes the right back, add the account to “Log on as a service” there."
	case errors.Is(err, windows.ERROR_SERVICE_DEPENDENCY_FAIL):
		p.Text = "The directory service of this domain controller, or Netlogon, does not run."
		p.Hint = "Start them (net start ntds, net start netlogon), then try again."
	case errors.Is(err, windows.ERROR_SERVICE_DISABLED):
		p.Text = "It is disabled."
		p.Hint = "In services.msc set the start type of “Passly Directory Sync” to automatic, then try again."
	case errors.Is(err, windows.ERROR_SERVICE_REQUEST_TIMEOUT):
		p.Text = "Its program ended at once, or did not answer."
		p.Hint = "The event log says why: Event Viewer, Windows Logs, Application, source “passly-sync”."
	}
	return p
}

package service

import (
	"errors"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"passlysync/pkg/problem"
)

// How LogonUserW logs on: as the service manager will.
const (
	logonAsService  = 5 // LOGON32_LOGON_SERVICE
	defaultProvider = 0 // LOGON32_PROVIDER_DEFAULT
)

// prove logs on as the account, as the service manager will: a password that is wrong shows here, and not in a service that
// does not start some night. It needs the right to log on as a service.
func (a authority) prove(account, password string) error {
	domain, name, found := strings.Cut(account, `\`)
	if !found {
		domain, name = "", account
	}
	var words [3]*uint16
	for i, text := range []string{name, domain, password} {
		var err error
		if words[i], err = windows.UTF16PtrFromString(text); err != nil {
			return err
		}
	}
	if !found {
		words[1] = nil // the name says the domain: user@domain
	}
	var token windows.Token
	ok, _, err := a.library.NewProc("LogonUserW").Call(uintptr(unsafe.Pointer(words[0])), uintptr(unsafe.Pointer(words[1])),
		uintptr(unsafe.Pointer(words[2])), logonAsService, defaultProvider, uintptr(unsafe.Pointer(&token)))
	if ok == 0 {
		return cannotLogOn(account, err)
	}
	_ = token.Close()
	return nil
}

// cannotLogOn says why an account cannot log on as a service, as far as Windows tells.
func cannotLogOn(account string, err error) error {
	const changed = "The service was not changed."
	p := &problem.Problem{
		Code: problem.CredentialsBad, Title: account + " cannot log on as a service", Text: "Windows says: " + problem.Reason(err) + ". " + changed,
		Hint: "Look at the account in Active Directory Users and Computers, then try again.", Op: "logging on as the service's account", Err: err,
	}
	say := func(title, hint string) { p.Title, p.Text, p.Hint = title, changed, hint }
	var code syscall.Errno
	if !errors.As(err, &code) {
		return p
	}
	switch code {
	case windows.ERROR_LOGON_FAILURE:
		say("The password of "+account+" is wrong, or there is no such account", `Type it again; write the account as EXAMPLE\svc-passly.`)
	case windows.ERROR_PASSWORD_EXPIRED, windows.ERROR_PASSWORD_MUST_CHANGE:
		say("The password of "+account+" has expired", "Set a new one that does not expire, or use a managed service account, whose password nobody has to change.")
	case windows.ERROR_ACCOUNT_DISABLED:
		say("The account "+account+" is disabled", "Enable it in Active Directory Users and Computers, then try again.")
	case windows.ERROR_ACCOUNT_EXPIRED:
		say("The account "+account+" has expired", "Set “Account expires” to never for it, then try again.")
	case windows.ERROR_ACCOUNT_LOCKED_OUT:
		say("The account "+account+" is locked out", "Unlock it, and see who tries a wrong password; then try again.")
	case windows.ERROR_INVALID_LOGON_HOURS, windows.ERROR_INVALID_WORKSTATION, windows.ERROR_ACCOUNT_RESTRICTION:
		say("The account "+account+" may not log on now, or not here", "Take its logon hours and its restriction to certain computers away, then try again.")
	case windows.ERROR_LOGON_TYPE_NOT_GRANTED:
		say(account+" may not log on as a service on this machine", "A policy says so: Computer Configuration, Windows Settings, Security Settings, Local Policies, User Rights Assignment: "+
			"add it to “Log on as a service”, and take it out of “Deny log on as a service”. Then gpupdate /force.")
	}
	return p
}

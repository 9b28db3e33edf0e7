package vault

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// Elsewhere ends the hint where the keyring cannot be used.
const Elsewhere = "choose another place on purpose: --vault file."

// What Windows' protection of data (DPAPI) says, beside the errors of Credential Manager itself.
const (
	needsWritableController = syscall.Errno(windows.SEC_E_DELEGATION_REQUIRED)
	badKeyState             = syscall.Errno(windows.NTE_BAD_KEY_STATE)
	badKeyset               = syscall.Errno(windows.NTE_BAD_KEYSET)
)

// known gives words for a failure that is met elsewhere, too; an empty title: it is none of those.
func (k keyringVault) known(err error) (title, text, hint string) {
	var code syscall.Errno
	if !errors.As(err, &code) {
		return "", "", ""
	}
	switch code {
	case windows.ERROR_NO_SUCH_LOGON_SESSION, windows.ERROR_ACCESS_DENIED:
		if policyForbids() {
			return "A policy forbids keeping credentials on this machine",
				"“Network access: Do not allow storage of passwords and credentials for network authentication” is enabled, so " + k.Name() + " takes none.",
				"Disable it for this machine (Computer Configuration, Windows Settings, Security Settings, Local Policies, Security Options), then gpupdate /force and start the agent anew."
		}
		if code == windows.ERROR_NO_SUCH_LOGON_SESSION {
			return "This session has no keyring", "Windows keeps none for a logon over the network, as by SSH or PowerShell remoting.",
				"Let the agent run as a service, or start it at the machine's own screen or over Remote Desktop."
		}
	case needsWritableController:
		return "Windows cannot protect the credentials", "It wants a writable domain controller for that and reaches none: this is a read-only one, or the others do not answer.",
			"Run the agent on a writable domain controller, or see to it that one answers (nltest /dsgetdc: /writable)."
	case windows.ERROR_FILE_NOT_FOUND, windows.ERROR_PATH_NOT_FOUND, badKeyState, badKeyset:
		return "The account has no usable profile on this machine", k.Name() + " is part of the account's profile, which Windows did not load or cannot read.",
			"Restart the agent's service, which loads it. A managed account whose profile is damaged gets a new one when its folder below C:\\Users is removed in System Properties, User Profiles."
	case windows.RPC_S_UNKNOWN_IF, windows.RPC_S_SERVER_UNAVAILABLE, windows.ERROR_SERVICE_DISABLED, windows.ERROR_SERVICE_NOT_ACTIVE:
		return "Credential Manager does not run on this machine", "Its service VaultSvc is disabled or stopped.",
			"Set it to start by hand and start it: sc config VaultSvc start= demand, then net start VaultSvc."
	}
	return "", "", ""
}

// policyForbids reports whether the policy is enabled that keeps Credential Manager from storing anything.
func policyForbids() bool {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Control\Lsa`, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer func() { _ = key.Close() }()
	value, _, err := key.GetIntegerValue("DisableDomainCreds")
	return err == nil && value == 1
}

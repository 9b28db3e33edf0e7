//go:build !windows

package vault

import "strings"

// Elsewhere ends the hint where the keyring cannot be used.
const Elsewhere = "choose another place on purpose: --vault systemd or --vault file."

// known gives words for a failure that is met elsewhere, too; an empty title: it is none of those. The library gives text only, so
// the text is what is looked at.
func (k keyringVault) known(err error) (title, text, hint string) {
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(err.Error(), part) {
				return true
			}
		}
		return false
	}
	switch {
	case has("failed to unlock", "is locked", "IsLocked"):
		return "The keyring is locked", k.Name() + " has to be unlocked before it can be used.",
			"Unlock it for this session (gnome-keyring-daemon --unlock)."
	case has("was not provided by any .service files", "ServiceUnknown", "no such name"):
		return "No keyring is installed on this machine", "There is a D-Bus session, but no Secret Service on it.",
			"Install one, such as gnome-keyring."
	case has("dbus-launch", "DBUS_SESSION_BUS_ADDRESS", "autolaunch", "dial unix", "connect: "):
		return "No keyring can be reached", "This account has no D-Bus session, as is usual on a server.",
			"Start the agent inside one (dbus-run-session)."
	}
	return "", "", ""
}

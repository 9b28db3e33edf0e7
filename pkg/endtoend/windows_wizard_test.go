//go:build linux

package endtoend

import (
	"testing"

	"passlysync/pkg/control"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/terminal/terminaltest"
)

// TestWindowsWizard is a person at a Windows console who answers every question of the wizard.
func TestWindowsWizard(t *testing.T) {
	l := newWindowsLab(t, samba.Options{Plan: samba.Simple("example.test", 20)})
	c := terminaltest.OpenIn(t, l.dir, 100, 30, l.windows.Words(onWindows, "setup", "--state", l.state(), "--ca", l.ca,
		"--directory", l.source.URL(), "--directory-ca", l.file("directory-ca.pem", string(l.source.CA())), "--directory-user", l.source.Account())...)
	c.Waits("Looking at this machine")
	c.Waits("enter continue")
	c.Keys("Enter")
	c.Waits("Which Passly tenant?") // not the heading: under Wine a console scrolls it away
	c.Types(l.listen)
	c.Waits("Sign in to Acme")
	c.Types(adminMail, "a-wrong-password")
	c.Waits("✗ E-mail or password is wrong")
	c.Retypes(adminPassword)
	c.Waits("Which account reads the directory?")
	c.Types(l.source.Password())
	c.Waits("As whom does the agent's service run?")
	c.Keys("Enter")
	c.Waits("Ready to set up")
	c.Keys("Enter")
	c.Waits("The agent is enrolled")
	c.Keys("Enter")
	l.awaitCondition(control.AwaitingConfiguration)
	l.isService()
}

//go:build linux

package endtoend

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory/samba"
	"passlysync/pkg/wine"
)

// TestWindowsInstaller is a machine's life with the installer: set up without a screen, upgraded, kept from going back, removed.
func TestWindowsInstaller(t *testing.T) {
	l := newWindowsLab(t, samba.Options{Plan: samba.Simple("example.test", 60)})
	l.stateFolder = `C:\ProgramData\Passly Sync`
	older, newer := wine.Installer(t, "1.2.0"), wine.Installer(t, "1.3.0")
	l.in("set up by properties", func() { l.installs(older) })
	l.choose(l.find("Sales"))
	l.awaitCondition(control.InSync)
	people := l.people()
	l.in("upgrade", func() { l.upgrades(newer, people) })
	l.in("no way back", func() { l.refuses(older) })
	newest := wine.Installer(t, "1.3.1")
	l.in("upgrade of a stopped service", func() { l.staysStopped(newest) })
	l.in("removed", func() { l.isRemoved(newest) })
	l.in("set up by a file of answers, and removed with its data", func() { l.leavesNothing(newest) })
	l.in("by its windows", func() { l.clicksThrough(newest) })
}

func (l *lab) msiexec(args ...string) error {
	out, err := l.windows.Run(l.TB, "msiexec", args...)
	if err != nil {
		l.Logf("msiexec %q: %v\n%s", args, err, out)
	}
	return err
}

// is waits for the agent's service to be in a state, or absent.
func (l *lab) is(state string) {
	l.Helper()
	l.until("the service is "+state, 20*time.Second, func() bool {
		out, err := l.windows.Run(l.TB, "sc", "query", "passly-sync")
		return strings.Contains(out, state) || state == absent && err != nil
	})
}

const absent = "not there"

func (l *lab) version() string {
	l.Helper()
	return l.must("passly-sync", "version")
}

// tokenFile mints an enrolment token in the console and gives the file it is in.
func (l *lab) tokenFile() string {
	l.Helper()
	minted := mintedToken.FindStringSubmatch(l.web.post("/directory-sync/enrolment-token", url.Values{}))
	if minted == nil {
		l.Fatal("the console makes no token")
	}
	return l.file("token", minted[1])
}

func (l *lab) installs(msi string) {
	err := l.msiexec("/i", msi, "/qn", "ACCEPTTERMS=yes", "DOMAIN="+l.listen, "CA="+l.ca, "ENROLMENTTOKENFILE="+l.tokenFile(),
		"DIRECTORY="+l.source.URL(), "DIRECTORYCA="+l.file("directory-ca.pem", string(l.source.CA())), "DIRECTORYUSER="+l.source.Account(),
		"DIRECTORYPASSWORDFILE="+l.file("directory-password", l.source.Password()))
	if err != nil {
		report, _ := os.ReadFile(l.windows.Path(l.state() + `\log\setup.log`))
		l.Fatalf("the report says:\n%s", report)
	}
	l.is("RUNNING")
	l.awaitCondition(control.AwaitingConfiguration)
	if v := l.version(); !strings.Contains(v, "1.2.0") {
		l.Errorf("installed is %s", v)
	}
	l.inStartMenu()
}

func (l *lab) inStartMenu() {
	found := false
	l.do(filepath.WalkDir(l.windows.Path(`C:\`), func(path string, _ os.DirEntry, _ error) error {
		found = found || filepath.Base(path) == "Passly Directory Sync.lnk"
		return nil
	}))
	if !found {
		l.Error("the Start menu has no entry")
	}
}

// upgrades: the service that ran runs again, enrolled as before, and goes on.
func (l *lab) upgrades(msi string, people int) {
	before, err := l.status()
	l.do(err)
	l.do(l.msiexec("/i", msi, "/qn"))
	if v := l.version(); !strings.Contains(v, "1.3.0") {
		l.Errorf("after the upgrade it is %s", v)
	}
	l.is("RUNNING")
	l.hire("Ada Upgraded", people+1)
	if after, err := l.status(); err != nil || after.AgentID != before.AgentID || after.Version != "1.3.0" {
		l.Errorf("got %+v, %v; want agent %s in the new version", after, err, before.AgentID)
	}
}

func (l *lab) refuses(msi string) {
	if err := l.msiexec("/i", msi, "/qn"); err == nil {
		l.Error("an older version was installed over a newer one")
	}
	if v := l.version(); !strings.Contains(v, "1.3.0") {
		l.Errorf("after the refusal it is %s", v)
	}
	l.is("RUNNING")
}

func (l *lab) staysStopped(msi string) {
	if out, err := l.windows.Run(l.TB, "sc", "stop", "passly-sync"); err != nil {
		l.Fatalf("stopping: %v\n%s", err, out)
	}
	l.is("STOPPED")
	l.do(l.msiexec("/i", msi, "/qn"))
	l.is("STOPPED")
	if out, err := l.windows.Run(l.TB, "sc", "start", "passly-sync"); err != nil {
		l.Fatalf("starting: %v\n%s", err, out)
	}
	l.awaitCondition(control.InSync)
}

// isRemoved: program and service are gone, the tenant knows, and the state folder stays.
func (l *lab) isRemoved(msi string) {
	agent := l.web.agentPath()
	l.do(l.msiexec("/x", msi, "/qn"))
	l.is(absent)
	if _, err := os.Stat(l.windows.Path(onWindows)); err == nil {
		l.Error("the program is still there")
	}
	if _, err := os.Stat(l.windows.Path(l.state())); err != nil {
		l.Errorf("the state folder did not stay: %v", err)
	}
	l.until("the tenant knows that the agent left", 20*time.Second, func() bool {
		return strings.Contains(l.web.get(agent), "Removed from its machine")
	})
}

// leavesNothing: ANSWERS sets up as the flag of setup does, and TAKEDATA takes the state folder with the program.
func (l *lab) leavesNothing(msi string) {
	answers, err := json.Marshal(map[string]any{
		"accept-terms": true, "domain": l.listen, "ca": l.ca, "enrolment-token-file": l.tokenFile(),
		"directory": l.source.URL(), "directory-ca": l.file("directory-ca.pem", string(l.source.CA())), "directory-user": l.source.Account(),
		"directory-password-file": l.file("directory-password", l.source.Password()),
	})
	l.do(err)
	if err := l.msiexec("/i", msi, "/qn", "ANSWERS="+l.file("answers–Größe.json", string(answers))); err != nil {
		report, _ := os.ReadFile(l.windows.Path(l.state() + `\log\setup.log`))
		l.Fatalf("the report says:\n%s", report)
	}
	l.is("RUNNING")
	if status, err := l.status(); err != nil || !status.Enrolled {
		l.Errorf("the agent is not enrolled: %+v, %v", status, err)
	}
	l.do(l.msiexec("/x", msi, "/qn", "TAKEDATA=1"))
	l.is(absent)
	if _, err := os.Stat(l.windows.Path(l.state())); !os.IsNotExist(err) {
		l.Errorf("the state folder is still there: %v", err)
	}
}

// clicksThrough is a person at the installer's windows: nothing is installed before the terms were accepted, and the setup opens at
// the end.
func (l *lab) clicksThrough(msi string) {
	const title = "Passly Directory Sync Setup"
	l.windows.ShowWindows(l)
	installing := l.windows.Command(l.Context(), "msiexec", "/i", msi)
	l.do(installing.Start())
	l.windows.Press(l, title, "Next")
	if said := l.windows.Press(l, title, "I accept the Terms of Use"); !strings.Contains(said, "Apache License") || !strings.Contains(said, "(off) Install") {
		l.Errorf("the terms are not there, or Install can be pressed before they were accepted:\n%s", said)
	}
	l.windows.Press(l, title, "Install")
	if said := l.windows.Press(l, title, "Finish"); !strings.Contains(said, "Completed the") || !strings.Contains(said, "a window opens with the setup") {
		l.Errorf("the last window does not say what comes:\n%s", said)
	}
	l.until("the setup has opened", 20*time.Second, func() bool {
		out, _ := l.windows.Run(l.TB, "tasklist")
		return strings.Contains(out, "passly-sync.exe")
	})
	if out, err := l.windows.Run(l.TB, "taskkill", "/F", "/IM", "passly-sync.exe"); err != nil {
		l.Errorf("ending the setup: %v\n%s", err, out)
	}
	l.do(installing.Wait())
}

//go:build linux

package endtoend

import (
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

func (l *lab) installs(msi string) {
	minted := mintedToken.FindStringSubmatch(l.web.post("/directory-sync/enrolment-token", url.Values{}))
	if minted == nil {
		l.Fatal("the console makes no token")
	}
	err := l.msiexec("/i", msi, "/qn", "ACCEPTTERMS=yes", "DOMAIN="+l.listen, "CA="+l.ca, "ENROLMENTTOKENFILE="+l.file("token", minted[1]),
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

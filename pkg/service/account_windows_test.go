package service

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
	"golang.org/x/sys/windows/svc/mgr"

	"passlysync/pkg/problem"
)

// me is this process's account, which every machine knows, as the service manager wants it, with its SID.
func me(t *testing.T) (account, sid string) {
	t.Helper()
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	name, domain, _, err := user.User.Sid.LookupAccount("")
	if err != nil {
		t.Fatal(err)
	}
	return domain + `\` + name, user.User.Sid.String()
}

// asked is an authority that writes down what it was asked, and how to read that.
func asked(t *testing.T) (authority, func() []string) {
	t.Helper()
	library := windows.NewLazySystemDLL("passly-lsa.dll")
	if err := library.Load(); err != nil {
		const lacks = "only on a machine that .ci/wine/machine made"
		if os.Getenv("CI") != "" {
			t.Fatal(lacks + ", and CI is set")
		}
		t.Skip(lacks)
	}
	says := filepath.Join(t.TempDir(), "says")
	t.Setenv("LSA_SAYS", says)
	return authority{library}, func() []string {
		raw, _ := os.ReadFile(says)
		return strings.FieldsFunc(string(raw), func(r rune) bool { return r == '\n' || r == '\r' })
	}
}

func TestAccountGetsTheRightToLogOnAsAServiceAndItsPasswordIsProven(t *testing.T) {
	account, sid := me(t)
	local, says := asked(t)
	t.Setenv("LSA_PASSWORD", "pass word")
	m := &Manager{Settings{Account: account, Password: "pass word"}, local}
	if err := m.letLogOn(); err != nil {
		t.Fatal(err)
	}
	domain, name, _ := strings.Cut(account, `\`)
	want := []string{"open 810", "grant " + sid + " SeServiceLogonRight", "close", fmt.Sprintf("logon %s of %s, kind 5, provider 0", name, domain)}
	if got := says(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestManagedAccountGetsTheRightWithoutAPassword(t *testing.T) {
	account, _ := me(t)
	local, says := asked(t)
	if err := (&Manager{Settings{Account: account}, local}).letLogOn(); err != nil {
		t.Fatal(err)
	}
	if got := says(); len(got) != 3 || !strings.HasPrefix(got[1], "grant ") {
		t.Errorf("got %q, want a right and no logon", got)
	}
}

func TestSystemsOwnAccountIsGivenNothing(t *testing.T) {
	local, says := asked(t)
	if err := (&Manager{Settings{}, local}).letLogOn(); err != nil || len(says()) != 0 {
		t.Errorf("got %v, asked %q", err, says())
	}
}

func TestRefusedLogonIsSaidInWordsAndHoldsNoPassword(t *testing.T) {
	account, _ := me(t)
	local, _ := asked(t)
	for code, want := range map[syscall.Errno]string{
		windows.ERROR_LOGON_FAILURE: "The password of " + account + " is wrong", windows.ERROR_PASSWORD_EXPIRED: "The password of " + account + " has expired",
		windows.ERROR_ACCOUNT_DISABLED: "The account " + account + " is disabled", windows.ERROR_ACCOUNT_LOCKED_OUT: "is locked out",
		windows.ERROR_ACCOUNT_EXPIRED: "The account " + account + " has expired", windows.ERROR_LOGON_TYPE_NOT_GRANTED: "may not log on as a service on this machine",
		windows.ERROR_INVALID_LOGON_HOURS: "may not log on now", windows.ERROR_NO_SUCH_DOMAIN: account + " cannot log on as a service",
	} {
		t.Setenv("LSA_REFUSES", fmt.Sprint(int(code)))
		err := (&Manager{Settings{Account: account, Password: "hunter2-wrong"}, local}).letLogOn()
		p := problem.Of(err)
		if p == nil || !strings.Contains(p.Title, want) || p.Hint == "" {
			t.Errorf("error %d: got %v, want %q with what to do", code, p, want)
		}
		if strings.Contains(fmt.Sprintf("%+v %v", p, err), "hunter2") {
			t.Errorf("error %d tells the password", code)
		}
	}
}

// TestServiceIsNotChangedWhereItsAccountCannotLogOn: one that runs must not be left with a password that is wrong.
func TestServiceIsNotChangedWhereItsAccountCannotLogOn(t *testing.T) {
	account, _ := me(t)
	local, _ := asked(t)
	m := &Manager{Settings{Program: `C:\passly-sync.exe`, State: t.TempDir(), Account: account, Password: "wrong"}, local}
	t.Cleanup(func() { _ = m.Remove(t.Context()) })
	if err := m.Install(t.Context()); !problem.Is(err, problem.CredentialsBad) {
		t.Errorf("got %v, want a refused password", err)
	}
	if got, ok := m.Installed(t.Context()); ok {
		t.Errorf("a service was made: %+v", got)
	}
}

// TestServiceManagerIsToldThePasswordOnlyWhereThereIsOne holds ChangeServiceConfig to what it asks for: none for a managed
// account, an empty one for the system's own, and nothing at all where all stays.
func TestServiceManagerIsToldThePasswordOnlyWhereThereIsOne(t *testing.T) {
	for _, c := range []struct {
		name, account, password, before string
		wantAccount, wantPassword       *string
	}{
		{"the same", `E\svc`, "", `E\svc`, nil, nil},
		{"another password", `E\svc`, "secret", `E\svc`, new(`E\svc`), new("secret")},
		{"a managed account", `E\gmsa$`, "", "", new(`E\gmsa$`), nil},
		{"the system's own", "", "", `E\svc`, new("LocalSystem"), new("")},
	} {
		m := &Manager{settings: Settings{Account: c.account, Password: c.password}}
		account, password, err := m.credentials(c.before)
		if err != nil || !sameText(account, c.wantAccount) || !sameText(password, c.wantPassword) {
			t.Errorf("%s: got %v, %v, %v", c.name, windows.UTF16PtrToString(account), windows.UTF16PtrToString(password), err)
		}
	}
}

func sameText(got *uint16, want *string) bool {
	if got == nil || want == nil {
		return got == nil && want == nil
	}
	return windows.UTF16PtrToString(got) == *want
}

func TestServiceKeepsOnlyThePrivilegesItNeeds(t *testing.T) {
	names, err := multiString(privileges...)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := windows.UTF16ToString(names[:len(names)-2]), "SeChangeNotifyPrivilege"; got != want || !slices.Equal(names[len(names)-2:], []uint16{0, 0}) {
		t.Errorf("got %q, ended by %v", got, names[len(names)-2:])
	}
	if size := unsafe.Sizeof(requiredPrivileges{}); size != unsafe.Sizeof(uintptr(0)) {
		t.Errorf("SERVICE_REQUIRED_PRIVILEGES_INFOW has %d bytes", size)
	}
	if size := unsafe.Sizeof(sidInfo{}); size != 4 {
		t.Errorf("SERVICE_SID_INFO has %d bytes", size)
	}
	none, err := multiString()
	if err != nil || !slices.Equal(none, []uint16{0, 0}) {
		t.Errorf("an empty list is %v, %v", none, err)
	}
	if _, err := multiString("a\x00b"); err == nil {
		t.Error("a name with a zero in it becomes two")
	}
}

// TestServiceStartsAfterTheDirectory makes the service on a machine that has a directory service.
func TestServiceStartsAfterTheDirectory(t *testing.T) {
	scm, err := mgr.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = scm.Disconnect() }()
	for _, name := range directoryServices {
		made, err := scm.CreateService(name, `C:\windows\system32\lsass.exe`, mgr.Config{})
		if errors.Is(err, windows.ERROR_SERVICE_EXISTS) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = made.Delete(); _ = made.Close() })
	}
	if got := needed(scm.Handle); !slices.Equal(got, directoryServices) {
		t.Errorf("found %q", got)
	}
	m, err := Open(Settings{Program: `C:\passly-sync.exe`, State: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Remove(t.Context()) })
	for range 2 { // a new one, and the one that is there
		if err := m.Install(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := waitsFor(t); !slices.Equal(got, directoryServices) {
			t.Errorf("it waits for %q, want %q", got, directoryServices)
		}
	}
}

// waitsFor reads what the service manager keeps.
func waitsFor(t *testing.T) []string {
	t.Helper()
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Services\`+Name, registry.QUERY_VALUE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = key.Close() }()
	names, _, err := key.GetStringsValue("DependOnService")
	if err != nil && !errors.Is(err, registry.ErrNotExist) {
		t.Fatal(err)
	}
	return names
}

func TestFailedStartIsSaidInWords(t *testing.T) {
	if err := notStarted(nil); err != nil {
		t.Errorf("got %v for no error", err)
	}
	for code, want := range map[syscall.Errno]string{
		windows.ERROR_SERVICE_LOGON_FAILED: "cannot log on as a service", windows.ERROR_SERVICE_DEPENDENCY_FAIL: "directory service",
		windows.ERROR_SERVICE_DISABLED: "disabled", windows.ERROR_SERVICE_REQUEST_TIMEOUT: "ended at once",
	} {
		if p := problem.Of(notStarted(fmt.Errorf("starting: %w", code))); !strings.Contains(p.Text, want) || p.Hint == "" {
			t.Errorf("error %d: got %q, %q", code, p.Text, p.Hint)
		}
	}
}

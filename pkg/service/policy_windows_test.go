package service

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows/registry"
)

// applied makes the machine one to which a policy was applied that says who may log on as a service.
func applied(t *testing.T, number, name, who string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "Größe", name)
	file := filepath.Join(folder, template)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, utf16File("[Privilege Rights]\r\nSeServiceLogonRight = "+who+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	key, _, err := registry.CreateKey(registry.LOCAL_MACHINE, securityPolicies+`\`+number, registry.SET_VALUE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = key.Close() }()
	t.Cleanup(func() { _ = registry.DeleteKey(registry.LOCAL_MACHINE, securityPolicies+`\`+number) })
	for value, text := range map[string]string{"DisplayName": name, "FileSysPath": folder} {
		if err := key.SetStringValue(value, text); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPolicyThatTakesTheRightBackIsSaid(t *testing.T) {
	account, sid := me(t)
	m := &Manager{settings: Settings{Account: account}}
	if got := m.Caution(); got != "" {
		t.Errorf("without a policy: got %q", got)
	}
	applied(t, "0", "Default Domain Controllers Policy", "*S-1-5-20")
	if got := m.Caution(); !strings.Contains(got, "“Default Domain Controllers Policy”") || !strings.Contains(got, account) {
		t.Errorf("got %q, want the policy and the account", got)
	}
	if got := (&Manager{}).Caution(); got != "" {
		t.Errorf("of the system's own account: got %q", got)
	}
	applied(t, "1", "Services", "*S-1-5-20,*"+sid) // counts for more
	if got := m.Caution(); got != "" {
		t.Errorf("a policy names the account: got %q", got)
	}
}

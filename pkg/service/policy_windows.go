package service

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// securityPolicies is where Windows keeps which policies with security settings were applied to this machine: keys 0, 1, …, of
// which later ones count for more. The number is the extension's that applies them (MS-GPSB 1.9).
const securityPolicies = `SOFTWARE\Microsoft\Windows\CurrentVersion\Group Policy\History\{827D319E-6EAC-11D2-A4EA-00C04F79F83A}`

// template is where a policy's security settings are in its folder (MS-GPSB 1.9).
const template = `Microsoft\Windows NT\SecEdit\GptTmpl.inf`

// largestTemplate bounds what is read of a policy.
const largestTemplate = 1 << 20

// Caution says what an administrator should know before the service runs as its account; empty: nothing. A policy that names who
// may log on as a service takes the right from everybody else when it is applied again.
func (m *Manager) Caution() string {
	if m.settings.Account == "" {
		return ""
	}
	sid, _, _, err := windows.LookupSID("", m.settings.Account)
	if err != nil {
		return "" // said where it is needed
	}
	policy, who := rulingPolicy(logOnAsService)
	if policy == "" || slices.ContainsFunc(who, func(each string) bool { return each == sid.String() || isNamed(each, sid) }) {
		return ""
	}
	return "The group policy “" + policy + "” says who may log on as a service and does not name " + m.settings.Account +
		": unless it is in a group that is named there, Windows takes the right back, and the service does not start again. Add it to “Log on as a service” in that policy."
}

func isNamed(name string, sid *windows.SID) bool {
	if strings.HasPrefix(name, "S-1-") {
		return false
	}
	found, _, _, err := windows.LookupSID("", name)
	return err == nil && windows.EqualSid(found, sid)
}

// rulingPolicy gives the name of the policy that decides who has a right, and who has it; empty: none does.
func rulingPolicy(right string) (policy string, who []string) {
	for n := 0; ; n++ {
		key, err := registry.OpenKey(registry.LOCAL_MACHINE, securityPolicies+`\`+strconv.Itoa(n), registry.QUERY_VALUE)
		if err != nil {
			return policy, who
		}
		name, _, _ := key.GetStringValue("DisplayName")
		folder, _, err := key.GetStringValue("FileSysPath")
		_ = key.Close()
		if err != nil {
			continue
		}
		if given, defined := privilegeRights(readTemplate(folder), right); defined {
			policy, who = name, given
		}
	}
}

func readTemplate(folder string) []byte {
	file, err := os.Open(filepath.Join(folder, template))
	if err != nil {
		return nil
	}
	defer file.Close()
	raw, _ := io.ReadAll(io.LimitReader(file, largestTemplate))
	return raw
}

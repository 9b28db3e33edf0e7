package host

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Where Debian and its kin compile Samba to look.
const (
	sambaConfig  = "/etc/samba/smb.conf"
	sambaPrivate = "/var/lib/samba/private"
)

// controllerRoles are the values of “server role” that mean an Active Directory domain controller: smb.conf(5).
var controllerRoles = map[string]bool{"active directory domain controller": true, "domain controller": true, "dc": true}

// lookAtSamba completes the facts where the configuration at path makes this machine a domain controller.
func lookAtSamba(f *Facts, path string) {
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	global := readGlobal(file)
	if !controllerRoles[strings.ToLower(global["serverrole"])] || global["realm"] == "" {
		return
	}
	f.Role, f.Domain = DomainController, strings.ToLower(global["realm"])
	name := f.Name
	if given := global["netbiosname"]; given != "" {
		name = given
	}
	f.Controller = controllerName(name, f.Domain)
	if ca := sambaCA(global); exists(ca) {
		f.DirectoryCA = ca
	}
}

// sambaCA is the file with the authority of the domain controller's certificate. Relative paths are below the private
// folder: smb.conf(5), “tls cafile”.
func sambaCA(global map[string]string) string {
	private, ca := global["privatedir"], global["tlscafile"]
	if private == "" {
		private = global["privatedirectory"]
	}
	if private == "" {
		private = sambaPrivate
	}
	if ca == "" {
		ca = filepath.Join("tls", "ca.pem")
	}
	if filepath.IsAbs(ca) {
		return ca
	}
	return filepath.Join(private, ca)
}

func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// readGlobal reads the section [global] of smb.conf(5). Case and spaces in names do not count; the last value does. Included
// files are not followed.
func readGlobal(from io.Reader) map[string]string {
	values, section, whole := map[string]string{}, "global", ""
	for lines := bufio.NewScanner(from); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if whole == "" && strings.HasPrefix(line, "#") || whole == "" && strings.HasPrefix(line, ";") {
			continue
		}
		if begun, more := strings.CutSuffix(line, `\`); more {
			whole += begun
			continue
		}
		whole += line
		if strings.HasPrefix(whole, "[") {
			section = squeezed(strings.Trim(whole, "[]"))
		} else if name, value, ok := strings.Cut(whole, "="); ok && section == "global" {
			values[squeezed(name)] = strings.Trim(strings.TrimSpace(value), `"`)
		}
		whole = ""
	}
	return values
}

func squeezed(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), "")) }

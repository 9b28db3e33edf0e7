package samba

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// config is smb.conf. The process model is "single" (see startProcess) and no service runs but LDAP, and Kerberos where it is asked
// for: least of all dnsupdate, which would speak to the machine's name servers.
var config = template.Must(template.New("smb.conf").Parse(`[global]
	netbios name = DC1
	workgroup = {{.Workgroup}}
	realm = {{.Realm}}
	server role = active directory domain controller
	interfaces = {{.Address}}/8
	bind interfaces only = yes
	server services = ldap{{if .Kerberos}}, kdc{{end}}
	dcerpc endpoint servers =
	ldap server require strong auth = {{if .NoTLS}}yes{{else}}allow_sasl_over_tls{{end}}
	tls enabled = {{if .NoTLS}}no{{else}}yes{{end}}
	tls keyfile = {{.Dir}}/tls/dc.key
	tls certfile = {{.Dir}}/tls/dc.crt
	tls cafile = {{.Dir}}/tls/ca.crt
	private dir = {{.Dir}}/private
	state directory = {{.Dir}}/state
	cache directory = {{.Dir}}/cache
	lock directory = {{.Dir}}
	binddns dir = {{.Dir}}/bind-dns
	pid directory = {{.Dir}}/run
	ncalrpc dir = {{.Dir}}/run/ncalrpc
	winbindd socket directory = {{.Dir}}/run/winbindd
	ntp signd socket directory = {{.Dir}}/run/ntp_signd
	log file = {{.Dir}}/log/log.samba
	ldb:nosync = true
`))

// kerberos keeps Samba, which hashes passwords by it, from asking name servers.
const kerberos = `[libdefaults]
	default_realm = %s
	dns_lookup_kdc = false
	dns_lookup_realm = false
	dns_canonicalize_hostname = false
	rdns = false
`

func kerberosFile(dir string) string { return filepath.Join(dir, "etc", "krb5.conf") }

func configFile(dir string) string { return filepath.Join(dir, "etc", "smb.conf") }

func writeConfig(dir, address string, o Options) error {
	for _, sub := range []string{"etc", "run", "log", "tls", "private", "state", "cache"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	var b strings.Builder
	err := config.Execute(&b, map[string]any{
		"Workgroup": workgroup(o.Domain), "Realm": strings.ToUpper(o.Domain), "Address": address, "Dir": dir,
		"NoTLS": o.NoTLS, "Kerberos": o.kerberos(),
	})
	if err != nil {
		return err
	}
	realm := fmt.Appendf(nil, kerberos, strings.ToUpper(o.Domain))
	if err := os.WriteFile(kerberosFile(dir), realm, 0o600); err != nil {
		return err
	}
	return os.WriteFile(configFile(dir), []byte(b.String()), 0o600)
}

// workgroup is the domain's NetBIOS name.
func workgroup(domain string) string {
	first, _, _ := strings.Cut(domain, ".")
	return strings.ToUpper(first[:min(len(first), 15)])
}

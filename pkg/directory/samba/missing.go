package samba

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"passlysync/pkg/needs"
)

// install is the command that brings all that is needed on Debian and Ubuntu.
const install = "apt-get install -y --no-install-recommends samba samba-ad-provision samba-dsdb-modules ldb-tools ldap-utils openssl"

// Missing says what is not installed and the command that brings it; empty when nothing is missing.
func Missing() (what, command string) {
	if _, found := needs.Find("samba"); !found {
		return "Samba's domain controller is not installed", install
	}
	if _, err := os.Stat(python); err != nil {
		return "Debian's Python with Samba's modules is not installed", install
	}
	for what, pattern := range map[string]string{
		"Samba's provisioning files are not installed":       "/usr/share/samba/setup/provision.ldif",
		"Samba's Active Directory modules are not installed": "/usr/lib*/*/samba/ldb/samba_dsdb.so",
	} {
		if found, err := filepath.Glob(pattern); err != nil || len(found) == 0 {
			return what, install
		}
	}
	return "", ""
}

// privileged refuses without root, in words: a controller's ports are fixed and below 1024.
func privileged() error {
	if os.Geteuid() != 0 {
		return errors.New("a domain controller needs root for its ports (389, 636); run this as root, or inside: unshare -Urn bash -c 'ip link set lo up; …'")
	}
	return nil
}

// Require skips the test where a controller cannot run, and fails it there under CI.
func Require(t testing.TB) {
	t.Helper()
	if what, command := Missing(); what != "" {
		needs.Missing(t, what, command)
	}
	if err := privileged(); err != nil {
		needs.Missing(t, err.Error(), "sudo go test ./...")
	}
}

// ForTest starts a controller that ends with the test. It skips as Require does.
func ForTest(t testing.TB, o Options) *DC {
	t.Helper()
	Require(t)
	dc, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dc.Stop(); err != nil {
			t.Errorf("stopping Samba: %v", err)
		}
	})
	return dc
}

package samba

import (
	"path/filepath"
	"strings"

	"passlysync/pkg/directory"
)

// URL is the LDAPS address, PlainURL the one for StartTLS.
func (dc *DC) URL() string {
	if dc.front != nil {
		return "ldaps://" + dc.front.listener.Addr().String()
	}
	return "ldaps://" + dc.address
}

// PlainURL is the address for StartTLS, or for a sealed connection where there is no TLS.
func (dc *DC) PlainURL() string { return "ldap://" + dc.address }

// CA is the PEM certificate that the controller's own is signed with; CAFile is where it stands.
func (dc *DC) CA() []byte { return dc.ca }

// CAFile is the file with the CA certificate.
func (dc *DC) CAFile() string { return filepath.Join(dc.dir, "tls", "ca.crt") }

// Domain is the domain's DNS name.
func (dc *DC) Domain() string { return dc.options.Domain }

// BaseDN is the domain's distinguished name.
func (dc *DC) BaseDN() string { return baseDN(dc.options.Domain) }

// Root is the domain's objectGUID.
func (dc *DC) Root() directory.GUID { return dc.root }

// Account and Password are those of the least privileged account that can sync.
func (dc *DC) Account() string { return syncName + "@" + dc.options.Domain }

// Password is Account's.
func (dc *DC) Password() string { return syncPassword }

// Admin gives the domain administrator's account and password.
func (dc *DC) Admin() (account, password string) {
	return adminName + "@" + dc.options.Domain, adminPassword
}

// Dir is the folder with everything of this controller.
func (dc *DC) Dir() string { return dc.dir }

func (dc *DC) host() string { return "dc1." + dc.options.Domain }

func baseDN(domain string) string { return "DC=" + strings.ReplaceAll(domain, ".", ",DC=") }

package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSambaDomainControllerIsKnownByItsConfiguration(t *testing.T) {
	private := t.TempDir()
	ca := filepath.Join(private, "tls", "ca.pem")
	if err := os.MkdirAll(filepath.Dir(ca), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ca, []byte("a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	dc := Facts{Name: "srv", Role: DomainController, Domain: "example.test", Controller: "srv.example.test"}
	withCA := dc
	withCA.DirectoryCA = ca
	named := dc
	named.Controller = "dc1.example.test"
	for name, test := range map[string]struct {
		config string
		want   Facts
	}{
		"a domain controller": {"[global]\n\trealm = EXAMPLE.TEST\n\tserver role = active directory domain controller\n", dc},
		"as people write it":  {"# mine\n[Global]\nRealm=Example.Test\nServerRole = Active Directory \\\nDomain Controller\n; end\n", dc},
		"a name of its own":   {"[global]\nnetbios name = DC1\nrealm = EXAMPLE.TEST\nserver role = dc\n", named},
		"its authority":       {"[global]\nrealm = EXAMPLE.TEST\nserver role = dc\nprivate dir = " + private + "\n", withCA},
		"authority elsewhere": {"[global]\nrealm = EXAMPLE.TEST\nserver role = dc\ntls cafile = " + ca + "\n", withCA},
		"no such authority":   {"[global]\nrealm = EXAMPLE.TEST\nserver role = dc\ntls cafile = /none\n", dc},
		"a file server":       {"[global]\nrealm = EXAMPLE.TEST\nserver role = member server\n", Facts{Name: "srv"}},
		"commented out":       {"[global]\nrealm = EXAMPLE.TEST\n# server role = dc\n", Facts{Name: "srv"}},
		"in a share":          {"[global]\nrealm = EXAMPLE.TEST\n[share]\nserver role = dc\n", Facts{Name: "srv"}},
		"no realm":            {"[global]\nserver role = dc\n", Facts{Name: "srv"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "smb.conf")
			if err := os.WriteFile(path, []byte(test.config), 0o600); err != nil {
				t.Fatal(err)
			}
			got := Facts{Name: "srv"}
			lookAtSamba(&got, path)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
	got := Facts{Name: "srv"}
	lookAtSamba(&got, filepath.Join(private, "no-smb.conf"))
	if got.Role != "" {
		t.Errorf("without Samba: got %+v", got)
	}
}

func TestSearchDomains(t *testing.T) {
	for name, test := range map[string]struct {
		host, config string
		want         []string
	}{
		"both":            {"srv.Own.test", "nameserver 127.0.0.1\nsearch example.test. own.test\n", []string{"own.test", "example.test"}},
		"the last counts": {"srv", "search a.test\ndomain b.test\n", []string{"b.test"}},
		"none":            {"srv", "nameserver 127.0.0.1\n", nil},
	} {
		if diff := cmp.Diff(test.want, searchDomains(test.host, strings.NewReader(test.config))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

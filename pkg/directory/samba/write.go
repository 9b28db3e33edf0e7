package samba

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// The methods here change the directory while it runs, as the system itself: over Samba's privileged local socket,
// which needs no bind. They are the same as adtest's, so that one suite tests both.

// withSystem runs one exchange on the privileged connection.
func (dc *DC) withSystem(do func(*ldap.Conn) error) error {
	dc.mu.Lock()
	defer dc.mu.Unlock()
	return dc.exchange(do)
}

// exchange is withSystem for who holds dc.mu.
func (dc *DC) exchange(do func(*ldap.Conn) error) error {
	if dc.system == nil || dc.system.IsClosing() {
		socket := filepath.Join(dc.dir, "private", "ldap_priv", "ldapi")
		conn, err := ldap.DialURL("ldapi://" + url.QueryEscape(socket))
		if err != nil {
			return fmt.Errorf("connecting to Samba's privileged socket: %w", err)
		}
		dc.system = conn
	}
	return do(dc.system)
}

// learnRoot reads the domain's objectGUID; the caller holds dc.mu.
func (dc *DC) learnRoot() error {
	return dc.exchange(func(conn *ldap.Conn) (err error) {
		dc.root, err = guidAt(conn, dc.BaseDN())
		return err
	})
}

// Find gives the objectGUID at a path of units below the domain; the last name may be any object's.
func (dc *DC) Find(path ...string) (id directory.GUID, err error) {
	err = dc.withSystem(func(conn *ldap.Conn) error {
		if id, err = guidAt(conn, strings.TrimPrefix(unitDN(path)+","+dc.BaseDN(), ",")); err != nil && len(path) > 0 {
			id, err = guidAt(conn, childDN(path[:len(path)-1], path[len(path)-1])+","+dc.BaseDN())
		}
		return err
	})
	return id, err
}

// AddUnit makes an organizational unit below a parent.
func (dc *DC) AddUnit(_ context.Context, parent directory.GUID, name string) (directory.GUID, error) {
	return dc.add(parent, "OU", name, map[string][]string{"objectClass": {"organizationalUnit"}})
}

// AddUser makes a user, enabled unless the attributes say otherwise.
func (dc *DC) AddUser(_ context.Context, parent directory.GUID, name string, attributes ...directory.Attribute) (directory.GUID, error) {
	all := map[string][]string{"objectClass": {"user"}, directory.UserAccountControl: {enabled}}
	for _, a := range attributes {
		all[a.Name] = []string{a.Value}
	}
	return dc.add(parent, "CN", name, all)
}

// AddComputer makes a computer account.
func (dc *DC) AddComputer(_ context.Context, parent directory.GUID, name string) (directory.GUID, error) {
	return dc.add(parent, "CN", name, map[string][]string{
		"objectClass": {"computer"}, directory.SAMAccountName: {name + "$"}, directory.UserAccountControl: {"4128"},
	})
}

// AddGroup makes a group with these members.
func (dc *DC) AddGroup(_ context.Context, parent directory.GUID, name string, members ...directory.GUID) (directory.GUID, error) {
	all := map[string][]string{"objectClass": {"group"}, directory.SAMAccountName: {name}}
	for _, m := range members {
		all["member"] = append(all["member"], byGUID(m))
	}
	return dc.add(parent, "CN", name, all)
}

func (dc *DC) add(parent directory.GUID, rdn, name string, attributes map[string][]string) (id directory.GUID, err error) {
	err = dc.withSystem(func(conn *ldap.Conn) error {
		above, err := dnOf(conn, parent)
		if err != nil {
			return err
		}
		request := ldap.NewAddRequest(rdn+"="+escaped(name)+","+above, nil)
		for attribute, values := range attributes {
			request.Attribute(attribute, values)
		}
		if err := conn.Add(request); err != nil {
			return fmt.Errorf("adding %s: %w", request.DN, err)
		}
		id, err = guidAt(conn, request.DN)
		return err
	})
	return id, err
}

// Modify sets one attribute; an empty value removes it.
func (dc *DC) Modify(_ context.Context, id directory.GUID, name, value string) error {
	return dc.modify(id, func(r *ldap.ModifyRequest) {
		if value == "" {
			r.Replace(name, nil)
			return
		}
		r.Replace(name, []string{value})
	})
}

// SetDisabled disables or enables an account.
func (dc *DC) SetDisabled(ctx context.Context, id directory.GUID, off bool) error {
	if off {
		return dc.Modify(ctx, id, directory.UserAccountControl, disabled)
	}
	return dc.Modify(ctx, id, directory.UserAccountControl, enabled)
}

// AddMember puts a member into a group.
func (dc *DC) AddMember(_ context.Context, group, member directory.GUID) error {
	return dc.modify(group, func(r *ldap.ModifyRequest) { r.Add("member", []string{byGUID(member)}) })
}

// RemoveMember takes a member out of a group.
func (dc *DC) RemoveMember(_ context.Context, group, member directory.GUID) error {
	return dc.modify(group, func(r *ldap.ModifyRequest) { r.Delete("member", []string{byGUID(member)}) })
}

func (dc *DC) modify(id directory.GUID, change func(*ldap.ModifyRequest)) error {
	return dc.withSystem(func(conn *ldap.Conn) error {
		request := ldap.NewModifyRequest(byGUID(id), nil)
		change(request)
		if err := conn.Modify(request); err != nil {
			return fmt.Errorf("modifying %s: %w", request.DN, err)
		}
		return nil
	})
}

// Rename gives an object another name in the same place.
func (dc *DC) Rename(_ context.Context, id directory.GUID, name string) error {
	return dc.withSystem(func(conn *ldap.Conn) error {
		dn, err := dnOf(conn, id)
		if err != nil {
			return err
		}
		kind, _, _ := strings.Cut(dn, "=")
		return rename(conn, dn, kind+"="+escaped(name), "")
	})
}

// Move gives an object another parent.
func (dc *DC) Move(_ context.Context, id, parent directory.GUID) error {
	return dc.withSystem(func(conn *ldap.Conn) error {
		dn, err := dnOf(conn, id)
		if err != nil {
			return err
		}
		above, err := dnOf(conn, parent)
		if err != nil {
			return err
		}
		parsed, err := ldap.ParseDN(dn)
		if err != nil {
			return err
		}
		own := parsed.RDNs[0].Attributes[0]
		return rename(conn, dn, own.Type+"="+escaped(own.Value), above)
	})
}

func rename(conn *ldap.Conn, dn, rdn, parent string) error {
	if err := conn.ModifyDN(ldap.NewModifyDNRequest(dn, rdn, true, parent)); err != nil {
		return fmt.Errorf("renaming %s to %s,%s: %w", dn, rdn, parent, err)
	}
	return nil
}

// Delete deletes an object, which leaves a tombstone. A unit must be empty.
func (dc *DC) Delete(_ context.Context, id directory.GUID) error {
	return dc.withSystem(func(conn *ldap.Conn) error {
		return conn.Del(ldap.NewDelRequest(byGUID(id), nil))
	})
}

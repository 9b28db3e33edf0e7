package adtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"passlysync/pkg/directory"
)

// ErrNoObject means that there is no live object with the given objectGUID.
var ErrNoObject = errors.New("there is no such object")

// AddUnit makes an organizational unit below a parent.
func (s *Server) AddUnit(_ context.Context, parent directory.GUID, name string) (directory.GUID, error) {
	return s.create(parent, classUnit, name)
}

// AddUser makes a user. Without userAccountControl it is an enabled account without expiry.
func (s *Server) AddUser(_ context.Context, parent directory.GUID, name string, attributes ...directory.Attribute) (directory.GUID, error) {
	attributes = slices.Clone(attributes)
	for _, standard := range []directory.Attribute{
		{Name: directory.UserAccountControl, Value: "512"},
		{Name: directory.AccountExpires, Value: "9223372036854775807"},
		{Name: directory.SAMAccountName, Value: "$" + rand.Text()[:19]}, // as a domain controller makes one up
	} {
		if !slices.ContainsFunc(attributes, func(a directory.Attribute) bool { return a.Name == standard.Name }) {
			attributes = append(attributes, standard)
		}
	}
	return s.create(parent, classUser, name, attributes...)
}

// AddComputer makes a computer account, which is a user to LDAP and nobody to sync.
func (s *Server) AddComputer(_ context.Context, parent directory.GUID, name string) (directory.GUID, error) {
	return s.create(parent, classComputer, name,
		directory.Attribute{Name: directory.SAMAccountName, Value: name + "$"},
		directory.Attribute{Name: directory.UserAccountControl, Value: "4096"})
}

// AddGroup makes a group with these members.
func (s *Server) AddGroup(ctx context.Context, parent directory.GUID, name string, members ...directory.GUID) (directory.GUID, error) {
	id, err := s.create(parent, classGroup, name, directory.Attribute{Name: directory.SAMAccountName, Value: name})
	if err != nil {
		return id, err
	}
	for _, m := range members {
		if err := s.AddMember(ctx, id, m); err != nil {
			return id, err
		}
	}
	return id, nil
}

func (s *Server) create(parent directory.GUID, c class, name string, attributes ...directory.Attribute) (id directory.GUID, err error) {
	err = s.change(parent, func(p int32) (int32, error) {
		if err := s.free(p, name); err != nil {
			return none, err
		}
		n := s.add(p, c, name, attributes...)
		id = s.guid(n)
		return none, nil // add has written the log
	})
	return id, err
}

// free refuses a name that another child of parent has. It looks only among few children: names are the caller's care
// where people are seeded by the hundred thousand.
func (s *Server) free(parent int32, name string) error {
	if name == "" {
		return errors.New("an object needs a name")
	}
	if len(s.objects) < 10_000 && s.child(parent, name) != none {
		return fmt.Errorf("%q exists there already", name)
	}
	return nil
}

// Modify sets one attribute; an empty value removes it.
func (s *Server) Modify(_ context.Context, id directory.GUID, name, value string) error {
	return s.change(id, func(n int32) (int32, error) {
		s.set(n, name, value)
		return n, nil
	})
}

func (s *Server) set(n int32, name, value string) {
	d := s.own(n)
	at := slices.IndexFunc(d.attributes, func(a attribute) bool { return strings.EqualFold(a.Name, name) })
	if at < 0 {
		at = len(d.attributes)
		d.attributes = append(d.attributes, attribute{Attribute: directory.Attribute{Name: name}})
	}
	d.attributes[at].Value, d.attributes[at].usn = value, s.usn
}

// SetDisabled sets or clears the ACCOUNTDISABLE bit of userAccountControl (MS-ADTS 2.2.16).
func (s *Server) SetDisabled(_ context.Context, id directory.GUID, disabled bool) error {
	return s.change(id, func(n int32) (int32, error) {
		value := "512"
		if disabled {
			value = "514"
		}
		s.set(n, directory.UserAccountControl, value)
		return n, nil
	})
}

// Rename gives an object another name in the same place.
func (s *Server) Rename(_ context.Context, id directory.GUID, name string) error {
	return s.change(id, func(n int32) (int32, error) {
		if err := s.free(s.objects[n].parent, name); err != nil {
			return none, err
		}
		s.own(n).name = name
		s.objects[n].placed = s.usn
		return n, nil
	})
}

// Move gives an object another parent. As in Active Directory, what is below it is not reported.
func (s *Server) Move(_ context.Context, id, parent directory.GUID) error {
	return s.change(id, func(n int32) (int32, error) {
		p := s.number(parent)
		if p == none || s.objects[p].deleted {
			return none, ErrNoObject
		}
		if s.within(p, n) {
			return none, errors.New("an object cannot be moved below itself")
		}
		s.objects[n].parent, s.objects[n].placed = p, s.usn
		return n, nil
	})
}

// change runs one write on a live object, and logs the object that write returns unless it is none.
func (s *Server) change(id directory.GUID, write func(int32) (int32, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.number(id)
	if n == none || s.objects[n].deleted {
		return fmt.Errorf("%w: %s", ErrNoObject, id)
	}
	s.usn++
	before := len(s.log)
	changed, err := write(n)
	if err != nil {
		return err
	}
	if changed != none {
		s.record(changed, none)
	} else if len(s.log) > before {
		s.tell(s.log[len(s.log)-1].object)
	}
	return nil
}

// record writes the log and wakes those who watch.
func (s *Server) record(n, member int32) {
	s.objects[n].changed = s.usn
	s.log = append(s.log, change{s.usn, n, member})
	s.tell(n)
}

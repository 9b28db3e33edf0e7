package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/directory/invented"
)

// office is what goes on in the demo's company.
type office struct {
	directory *adtest.Server
	places    []place
	people    *invented.People
	hired     int32
	staff     []colleague
	turn      int
}

type place struct {
	guid directory.GUID
	name string
}

// colleague is somebody who was hired while the demo ran, so that the directory's own people stay.
type colleague struct {
	guid  directory.GUID
	given string
	name  string
}

func newOffice(d *demo) *office {
	o := &office{directory: d.directory, people: invented.New("acme.test", 77)}
	names := map[directory.GUID]string{}
	for _, e := range d.directory.Snapshot() {
		if e.Kind == directory.KindUnit {
			names[e.GUID] = e.Name
		}
	}
	chosen := d.chosen()
	for _, unit := range chosen {
		o.places = append(o.places, place{unit, names[unit]})
	}
	return o
}

// change makes the next change and says in words what it was: hires first, then a mix.
func (o *office) change(ctx context.Context) (string, error) {
	o.turn++
	switch {
	case len(o.staff) < 2 || o.turn%3 == 1:
		return o.hire(ctx)
	case o.turn%3 == 2:
		return o.rename(ctx)
	}
	return o.leave(ctx)
}

func (o *office) hire(ctx context.Context) (string, error) {
	o.hired++
	name := fmt.Sprintf("%s (new %d)", o.people.CommonName(o.hired), o.hired)
	attributes := o.people.Attributes(o.hired, nil)
	given := ""
	for i, a := range attributes {
		switch a.Name {
		case directory.GivenName:
			given = a.Value
		case directory.Mail, directory.UserPrincipalName, directory.SAMAccountName:
			attributes[i].Value = fmt.Sprintf("new%d.%s", o.hired, a.Value)
		case directory.UserAccountControl:
			attributes[i].Value = "512"
		}
	}
	at := o.places[rand.IntN(len(o.places))]
	guid, err := o.directory.AddUser(ctx, at.guid, name, attributes...)
	if err != nil {
		return "", fmt.Errorf("hiring: %w", err)
	}
	o.staff = append(o.staff, colleague{guid, given, o.people.CommonName(o.hired)})
	return fmt.Sprintf("hired %s in %s", o.people.CommonName(o.hired), at.name), nil
}

func (o *office) rename(ctx context.Context) (string, error) {
	who := &o.staff[rand.IntN(len(o.staff))]
	family := o.people.CommonName(o.hired + 1000)
	family = family[strings.LastIndexByte(family, ' ')+1:]
	old := who.name
	who.name = who.given + " " + family
	for name, value := range map[string]string{directory.Surname: family, directory.DisplayName: who.name} {
		if err := o.directory.Modify(ctx, who.guid, name, value); err != nil {
			return "", fmt.Errorf("renaming: %w", err)
		}
	}
	return fmt.Sprintf("%s is now %s", old, who.name), nil
}

func (o *office) leave(ctx context.Context) (string, error) {
	who := o.staff[0]
	o.staff = o.staff[1:]
	if err := o.directory.SetDisabled(ctx, who.guid, true); err != nil {
		return "", fmt.Errorf("letting go: %w", err)
	}
	return who.name + " left and was disabled", nil
}

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
	guid                directory.GUID
	given, family, mail string
}

func (c colleague) name() string { return c.given + " " + c.family }

// change is what happened to somebody, in words and in what must come of it in the tenant.
type change struct {
	words, mail, family string
	gone                bool
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

// change makes the next change: hires first, then a mix.
func (o *office) change(ctx context.Context) (change, error) {
	o.turn++
	switch {
	case len(o.staff) < 2 || o.turn%3 == 1:
		return o.hire(ctx)
	case o.turn%3 == 2:
		return o.rename(ctx)
	}
	return o.leave(ctx)
}

func (o *office) hire(ctx context.Context) (change, error) {
	o.hired++
	attributes := o.people.Attributes(o.hired, nil)
	var who colleague
	for i, a := range attributes {
		switch a.Name {
		case directory.GivenName:
			who.given = a.Value
		case directory.Surname:
			who.family = a.Value
		case directory.Mail, directory.UserPrincipalName, directory.SAMAccountName:
			attributes[i].Value = fmt.Sprintf("new%d.%s", o.hired, a.Value)
		case directory.UserAccountControl:
			attributes[i].Value = "512"
		}
		if a.Name == directory.Mail {
			who.mail = attributes[i].Value
		}
	}
	at := o.places[rand.IntN(len(o.places))]
	var err error
	who.guid, err = o.directory.AddUser(ctx, at.guid, fmt.Sprintf("%s (new %d)", who.name(), o.hired), attributes...)
	if err != nil {
		return change{}, fmt.Errorf("hiring: %w", err)
	}
	o.staff = append(o.staff, who)
	return change{words: fmt.Sprintf("hired %s in %s", who.name(), at.name), mail: who.mail, family: who.family}, nil
}

func (o *office) rename(ctx context.Context) (change, error) {
	who := &o.staff[rand.IntN(len(o.staff))]
	old := who.name()
	who.family = o.newFamily()
	for name, value := range map[string]string{directory.Surname: who.family, directory.DisplayName: who.name()} {
		if err := o.directory.Modify(ctx, who.guid, name, value); err != nil {
			return change{}, fmt.Errorf("renaming: %w", err)
		}
	}
	return change{words: fmt.Sprintf("%s is now %s", old, who.name()), mail: who.mail, family: who.family}, nil
}

func (o *office) newFamily() string {
	name := o.people.CommonName(o.hired + 1000)
	return name[strings.LastIndexByte(name, ' ')+1:]
}

func (o *office) leave(ctx context.Context) (change, error) {
	who := o.staff[0]
	o.staff = o.staff[1:]
	if err := o.directory.SetDisabled(ctx, who.guid, true); err != nil {
		return change{}, fmt.Errorf("letting go: %w", err)
	}
	return change{words: who.name() + " left and was disabled", mail: who.mail, family: who.family, gone: true}, nil
}

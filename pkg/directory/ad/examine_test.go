package ad_test

import (
	"fmt"
	"strings"
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/problem"
)

func TestTheDemosAccountHoldsEverything(t *testing.T) {
	s, _ := people(t, 200, adtest.Options{})
	access := examined(t, settings(s))
	if len(held(access)) != 3 || access.Domain.Words() != "acme.test at dc1.acme.test" {
		t.Errorf("got %+v", access)
	}
	s.SetLacksReset(true)
	s.SetHidesDeleted(true)
	s.SetLacksReplication(true)
	access = examined(t, settings(s))
	if command := access.Rights[0].Grant[0].Commands[0]; !strings.Contains(command, `"svc-sync@acme.test:CA;`) {
		t.Errorf("for whom is this: %s", command)
	}
	if len(held(access)) != 0 || access.Rights[2].Where != "in 0 of 14 units" {
		t.Errorf("with nothing: got %v, passwords %q", held(access), access.Rights[2].Where)
	}
}

func TestUnitsWithoutEnd(t *testing.T) {
	s := server(t, adtest.Options{})
	for i := range 210 {
		unit, err := s.AddUnit(t.Context(), s.Root(), fmt.Sprint("Unit ", i))
		must(t, err)
		_, err = s.AddUser(t.Context(), unit, "Somebody")
		must(t, err)
	}
	if got := examined(t, settings(s)).Rights[2]; !got.Held || !strings.Contains(got.Where, "units looked at") {
		t.Errorf("got %+v", got)
	}
}

// TestNobodyIsThereYet asks for passwords in a domain without people: what they would inherit counts.
func TestNobodyIsThereYet(t *testing.T) {
	s := server(t, adtest.Options{})
	if got := examined(t, settings(s)).Rights[2]; !got.Held {
		t.Errorf("got %+v", got)
	}
	s.SetLacksReset(true)
	if got := examined(t, settings(s)).Rights[2]; got.Held || !strings.Contains(got.Grant[0].Commands[0], `"`+s.BaseDN()+`"`) {
		t.Errorf("got %+v, want commands for the domain", got)
	}
}

func TestOnlyTheWayThereCanFail(t *testing.T) {
	s := server(t, adtest.Options{})
	wrong := settings(s)
	wrong.Password = "wrong"
	_, err := ad.Examine(t.Context(), wrong)
	if !problem.Is(err, directory.CredentialsRefused) {
		t.Errorf("a wrong password: got %v", err)
	}
	good := settings(s)
	s.SetFaults(adtest.Faults{SearchCode: 50, PassCode: 50})
	access := examined(t, good)
	if len(held(access)) != 0 || access.Contexts[0].Readable || access.Contexts[1].Readable {
		t.Errorf("with no right at all: got %+v", access)
	}
	s.SetFaults(adtest.Faults{SearchCode: 51, PassCode: 51})
	if _, err := ad.Examine(t.Context(), good); !problem.Is(err, directory.Busy) {
		t.Errorf("a busy controller: got %v", err)
	}
	must(t, s.Close())
	if _, err := ad.Examine(t.Context(), good); !problem.Is(err, directory.Unreachable) {
		t.Errorf("no controller: got %v", err)
	}
}

// TestDirSyncRefusedIsNoReasonToStop finds out what follows from it, and how it is granted.
func TestDirSyncRefusedIsNoReasonToStop(t *testing.T) {
	for _, code := range []int{12, 50, 53} {
		access := examined(t, settings(server(t, adtest.Options{RefusesDirSync: code})))
		if got := access.Rights[0]; !access.Domain.ByUSN || got.Held || !strings.Contains(got.Means, "uSNChanged") || len(got.Grant) == 0 {
			t.Errorf("refused with %d: got %+v", code, got)
		}
		if got := access.Rights[1]; !got.Held {
			t.Errorf("refused with %d: got %+v", code, got)
		}
	}
}

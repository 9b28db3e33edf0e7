package signin

import (
	"bytes"
	"context"
	"encoding/hex"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/store"
)

// SessionName names a session on a page. It is made of the hash of its token and opens nothing.
func SessionName(s tenant.Session) string { return hex.EncodeToString(s.Hash[:min(8, len(s.Hash))]) }

// Sessions gives an administrator's sessions that live, newest first.
func (d *Desk) Sessions(ctx context.Context, of tenant.ID) ([]tenant.Session, error) {
	all, err := d.store.Sessions(ctx, of)
	live := all[:0]
	for _, s := range all {
		if s.Purpose != tenant.ForSecondStep && d.now().Before(s.Expires) {
			live = append(live, s)
		}
	}
	return live, err
}

// EndSession ends one of an administrator's sessions, by its name. It ends at once, with the pages that it keeps live.
func (d *Desk) EndSession(ctx context.Context, of tenant.ID, name string) error {
	return d.store.Write(ctx, func(tx store.Tx) error {
		all, err := tx.Sessions(ctx, of)
		if err != nil {
			return err
		}
		for _, s := range all {
			if SessionName(s) != name {
				continue
			}
			if err := tx.EndSession(ctx, s.Hash); err != nil {
				return err
			}
			return tx.Record(ctx, audit.Entry{What: audit.SessionEnded, Subject: audit.OfAdministrator(s.Administrator), Details: sessionFacts(s)})
		}
		return tenant.NotFound("session")
	})
}

// EndOtherSessions ends all of an administrator's sessions but one.
func (d *Desk) EndOtherSessions(ctx context.Context, but tenant.Session) error {
	return d.store.Write(ctx, func(tx store.Tx) error {
		all, err := tx.Sessions(ctx, but.Administrator.ID)
		if err != nil {
			return err
		}
		ended := 0
		for _, s := range all {
			if bytes.Equal(s.Hash, but.Hash) {
				continue
			}
			if err := tx.EndSession(ctx, s.Hash); err != nil {
				return err
			}
			ended++
		}
		if ended == 0 {
			return nil
		}
		return tx.Record(ctx, audit.Entry{What: audit.SessionsEnded, Subject: audit.OfAdministrator(but.Administrator), Details: []audit.Detail{audit.Count("how many", ended)}})
	})
}

func sessionFacts(s tenant.Session) []audit.Detail {
	facts := []audit.Detail{{Name: "for", After: PurposeWords(s.Purpose)}}
	facts = audit.Changed(facts, "with", "", s.Browser)
	return audit.Changed(facts, "from", "", s.Address)
}

// PurposeWords says what a session is for.
func PurposeWords(p tenant.SessionPurpose) string {
	switch p {
	case tenant.ForEnrolment:
		return "setting up an agent"
	case tenant.ForAPI:
		return "the API"
	}
	return "the console"
}

// NewCodes makes recovery codes that take the place of all before. The password is asked again.
func (d *Desk) NewCodes(ctx context.Context, a Attempt) ([]string, error) {
	admin, err := d.Prove(ctx, a.Email, a.Password, a.From)
	if err != nil {
		return nil, err
	}
	if admin.SecondFactor == "" {
		return nil, &problem.Problem{Code: problem.Conflict, Title: "Recovery codes are for accounts with one-time codes", Text: "Nothing was made.", Hint: "Turn one-time codes on first."}
	}
	codes, hashes := NewRecoveryCodes()
	err = d.store.Write(ctx, func(tx store.Tx) error {
		if err := tx.PutAdministratorCodes(ctx, admin.ID, hashes); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{What: audit.RecoveryMade, Subject: audit.OfAdministrator(admin)})
	})
	if err != nil {
		return nil, err
	}
	d.throttle.Forgive(tenant.Fold(a.Email))
	return codes, nil
}

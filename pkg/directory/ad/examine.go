package ad

import (
	"context"
	"errors"
	"time"

	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory"
)

// patience bounds Examine: somebody is waiting at the screen.
const patience = 30 * time.Second

// Examine signs in with an account and finds out what it may do, with the commands that grant what it lacks. A right that
// is missing is a finding, never an error: only the sign-in and the way to the directory can fail.
func Examine(ctx context.Context, settings Settings) (directory.Access, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, unreachable("examining the account's rights", errTooSlow))
	defer cancel()
	s, err := connect(ctx, settings.withDefaults())
	if err != nil {
		return directory.Access{}, err
	}
	defer s.close()
	return s.examine(ctx)
}

var errTooSlow = errors.New("it takes too long to answer")

func (s *session) examine(ctx context.Context) (directory.Access, error) {
	domain, root, err := s.root(ctx)
	if err != nil {
		return directory.Access{}, err
	}
	s.domain = domain
	contexts, err := s.contexts(ctx, root)
	if err != nil {
		return directory.Access{}, err
	}
	if err := s.learnRights(ctx); err != nil && !saysNo(err) {
		return directory.Access{}, err
	}
	who, err := s.whoAmI(ctx, root)
	if err != nil {
		return directory.Access{}, err
	}
	reset, err := s.resets(ctx, who)
	if err != nil {
		return directory.Access{}, err
	}
	return directory.Access{Domain: s.domain, Contexts: contexts, Rights: s.rights(who, reset)}, nil
}

// contexts tries the naming contexts that sync reads: people and groups in the one, in the other the identity of the
// database, which cursors are bound to.
func (s *session) contexts(ctx context.Context, root map[string]string) ([]directory.NamingContext, error) {
	people, err := s.readable(ctx, s.domain.BaseDN, attrGUID, &s.domain.GUID)
	if err == nil && people {
		people, err = s.lists(ctx, s.domain.BaseDN)
	}
	if err != nil {
		return nil, err
	}
	database, err := s.readable(ctx, root[rootServer], attrInvocation, &s.domain.Invocation)
	return []directory.NamingContext{
		{DN: s.domain.BaseDN, Readable: people}, {DN: root[rootConfiguration], Readable: database},
	}, err
}

// readable reads a GUID and says whether it could.
func (s *session) readable(ctx context.Context, dn, attribute string, into *directory.GUID) (bool, error) {
	rows, err := s.rows(ctx, baseOf(dn, []string{attribute}))
	if saysNo(err) || err == nil && (len(rows) == 0 || rows[0].value(attribute) == "") {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := setGUID(into, rows[0].value(attribute)); err != nil {
		return false, wrong("%s of %q: %w", attribute, dn, err)
	}
	return true, nil
}

// lists reports whether anything below an entry can be seen and read: every domain has something there.
func (s *session) lists(ctx context.Context, dn string) (bool, error) {
	rows, err := s.few(ctx, dn, ldap.ScopeSingleLevel, 1, everything, []string{attrGUID})
	if saysNo(err) {
		return false, nil
	}
	return len(rows) > 0 && rows[0].value(attrGUID) != "", err
}

// rights puts what was found out into words.
func (s *session) rights(who principal, reset resets) []directory.Right {
	g := grantee{name: who.name, sid: who.sid.String(), base: s.domain.BaseDN}
	replicate := directory.Right{
		Name: directory.ReplicateChanges, Title: "Replicating Directory Changes", Held: s.domain.Replicates,
		Means: "Changes are read with object security instead: somewhat slower, and only what the account may see.",
	}
	deleted := directory.Right{
		Name: directory.ListDeletedObjects, Title: "List deleted objects", Held: s.domain.SeesDeleted,
		Means: "Deletions are found by a full read once an hour instead of at once.",
	}
	password := reset.right()
	if !replicate.Held {
		replicate.Grant = g.replicate()
	}
	if !deleted.Held {
		deleted.Grant = g.deleted()
	}
	if !password.Held {
		password.Grant = g.reset(reset.grantable())
	}
	return []directory.Right{replicate, deleted, password}
}

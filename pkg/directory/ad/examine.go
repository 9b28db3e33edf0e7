package ad

import (
	"context"
	"errors"
	"slices"
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
	units, err := s.unitsFromTop(ctx)
	if err != nil {
		return directory.Access{}, err
	}
	found, err := s.samples(ctx, who, units)
	if err != nil {
		return directory.Access{}, err
	}
	return directory.Access{Domain: s.domain, Contexts: contexts, Rights: s.rights(who, found)}, nil
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

// someBelow is how many entries below another are looked at: among a domain's own are some that only administrators read.
const someBelow = 50

// lists reports whether anything below an entry can be seen and read: every domain has something there.
func (s *session) lists(ctx context.Context, dn string) (bool, error) {
	rows, err := s.few(ctx, dn, ldap.ScopeSingleLevel, someBelow, everything, []string{attrGUID})
	if saysNo(err) {
		return false, nil
	}
	return slices.ContainsFunc(rows, func(r row) bool { return r.value(attrGUID) != "" }), err
}

// rights puts what was found out into words.
func (s *session) rights(who principal, found samples) []directory.Right {
	g := s.grantee(who)
	return append(s.readingRights(g), found.rights(who, g)...)
}

// readingRights are those that sync itself uses.
func (s *session) readingRights(g grantee) []directory.Right {
	replicate := directory.Right{
		Name: directory.ReplicateChanges, Title: "Replicating Directory Changes", Held: s.domain.Replicates,
		Means: "Changes are read with object security instead: somewhat slower, and only what the account may see.",
	}
	deleted := directory.Right{
		Name: directory.ListDeletedObjects, Title: "List deleted objects", Held: s.domain.SeesDeleted,
		Means: "Deletions are found by a full read once an hour instead of at once.",
	}
	if s.domain.ByUSN {
		replicate.Means = "The directory refuses DirSync, so changes are looked for by their number (uSNChanged): sync works, slower for big groups and after a change of domain controller."
	}
	if !replicate.Held {
		replicate.Grant = g.replicate()
	}
	if !deleted.Held {
		deleted.Grant = g.deleted()
	}
	return []directory.Right{replicate, deleted}
}

// ReadingRights says what the account may do to read the directory, with the commands that grant what it lacks.
func (r *Reader) ReadingRights(ctx context.Context) (rights []directory.Right, err error) {
	err = r.with(ctx, func(s *session) error {
		who, err := s.asking(ctx)
		if err == nil {
			rights = s.readingRights(s.grantee(who))
		}
		return err
	})
	return rights, err
}

func (s *session) grantee(who principal) grantee {
	return grantee{name: who.name, sid: who.sid.String(), base: s.domain.BaseDN}
}

// rights are those that two-way passwords need.
func (f samples) rights(who principal, g grantee) (rights []directory.Right) {
	for _, r := range personRights() {
		rights = append(rights, f.judge(who.token, r).right(g))
	}
	return rights
}

// PasswordRights finds out what the account may do about the passwords of people in units and below them.
func (r *Reader) PasswordRights(ctx context.Context, scope []directory.GUID) (rights []directory.Right, err error) {
	err = r.with(ctx, func(s *session) error {
		who, err := s.asking(ctx)
		if err != nil {
			return err
		}
		units, err := s.unitsWithin(ctx, scope)
		if err != nil {
			return err
		}
		found, err := s.samples(ctx, who, units)
		if err == nil && !found.nobody {
			rights = found.rights(who, s.grantee(who))
		}
		return err
	})
	return rights, err
}

// asking is who this session is signed in as.
func (s *session) asking(ctx context.Context) (principal, error) {
	root, err := s.one(ctx, "", rootConfiguration)
	if err != nil {
		return principal{}, err
	}
	return s.whoAmI(ctx, root)
}

// unitsWithin gives the DNs of what can hold people in some units and below them.
func (s *session) unitsWithin(ctx context.Context, scope []directory.GUID) ([]string, error) {
	var tops []*ldap.DN
	for _, id := range scope {
		rows, err := s.rows(ctx, baseOf(byGUID(id), []string{attrGUID}))
		if err != nil && !saysNo(err) {
			return nil, err
		}
		if len(rows) > 0 {
			if at, err := ldap.ParseDN(rows[0].dn); err == nil {
				tops = append(tops, at)
			}
		}
	}
	units, err := s.unitsFromTop(ctx)
	return slices.DeleteFunc(units, func(dn string) bool {
		at, err := ldap.ParseDN(dn)
		return err != nil || !slices.ContainsFunc(tops, func(top *ldap.DN) bool { return top.EqualFold(at) || top.AncestorOfFold(at) })
	}), err
}

package wizard

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/preflight"
	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
	"passlysync/pkg/vault"
)

func (l *lines) machine(ctx context.Context) error {
	for {
		checks := l.setup.Checks()
		if len(checks) == 0 {
			return nil
		}
		l.say("Looking at this machine.")
		results := preflight.Run(ctx, checks, func(preflight.Result) {})
		for _, r := range results {
			l.checked(r)
		}
		if again, err := l.mend(ctx, results); err != nil {
			return err
		} else if again {
			continue
		}
		for _, r := range results {
			if r.Stops() {
				return r.Problem
			}
		}
		return ctx.Err()
	}
}

func (l *lines) checked(r preflight.Result) {
	l.say(strings.TrimSuffix(string(r.State)+": "+r.Title+", "+terminal.Line(r.Detail), ", "))
	if r.Problem != nil {
		l.say("  " + terminal.OneLine(strings.TrimSpace(r.Problem.Title+". "+r.Problem.Text)+" "+r.Problem.Hint, 4*maxShown))
	}
	l.setup.Prefilled.offer(r.Found)
}

// mend offers each repair; after one that was made, everything is looked at again.
func (l *lines) mend(ctx context.Context, results []preflight.Result) (again bool, err error) {
	for _, r := range results {
		if r.Repair == nil || r.Repair.Do == nil {
			continue
		}
		text, err := l.ask(r.Repair.Title+"? Type yes, or press enter to leave it", "")
		if err != nil {
			return false, err
		}
		if !strings.EqualFold(text, "yes") {
			continue
		}
		if err := r.Repair.Do(ctx); err == nil {
			again = true
		} else if !l.trouble(err) {
			return false, err
		}
	}
	return again, nil
}

func (l *lines) domain(ctx context.Context) error {
	a := &l.setup.Prefilled
	return l.until(func() (err error) {
		if a.Domain, err = l.ask("1 of 3. Passly domain", a.Domain); err != nil {
			return err
		}
		p, err := l.setup.find(ctx, a.Domain, a.TenantCAFile)
		if needsAuthority(err) {
			l.trouble(err)
			if a.TenantCAFile, err = l.ask("CA file of the tenant, in PEM form", a.TenantCAFile); err != nil {
				return err
			}
			p, err = l.setup.find(ctx, a.Domain, a.TenantCAFile)
		}
		if err != nil {
			return err
		}
		l.setup.found(p)
		l.say("This is " + l.setup.discovery.TenantName + ", at " + p.base + ".")
		return nil
	})
}

// inBrowser is the word that chooses the sign-in in a browser.
const inBrowser = "browser"

func (l *lines) signIn(ctx context.Context) error {
	if l.setup.token != "" || l.setup.session.Session != "" {
		return nil
	}
	a := &l.setup.Prefilled
	given := a.Password
	return l.until(func() error {
		email, err := l.ask("2 of 3. E-mail of the tenant's administrator, or the word browser to sign in on any machine", a.Email)
		switch {
		case err != nil:
			return err
		case strings.EqualFold(email, inBrowser):
			return l.signInByBrowser(ctx)
		}
		a.Email = email
		password, err := l.secret("Password", given)
		given = ""
		if err != nil {
			return err
		}
		return l.signInHere(ctx, control.SignIn{Email: email, Password: password})
	})
}

func (l *lines) signInHere(ctx context.Context, in control.SignIn) error {
	s := l.setup
	session, err := s.tenant.SignIn(ctx, s.base, in)
	for problem.Is(err, control.NeedsCode) || problem.Is(err, control.CodeWrong) || problem.Is(err, control.CodeExpired) {
		l.trouble(err)
		if in.Code, err = l.ask("One-time code", ""); err != nil {
			return err
		}
		in.Code = strings.ReplaceAll(in.Code, " ", "")
		session, err = s.tenant.SignIn(ctx, s.base, in)
	}
	s.signedIn(session)
	return err
}

func (l *lines) signInByBrowser(ctx context.Context) error {
	s := l.setup
	device, err := s.tenant.BeginDevice(ctx, s.base, s.Host)
	if err != nil {
		return err
	}
	l.say("In a browser on any machine, open " + device.Address + " and enter the code " + device.Code + ". Setup goes on by itself; Ctrl+C leaves.")
	session, err := device.Wait(ctx)
	if err == nil {
		s.signedIn(session)
		l.say("Signed in as " + s.session.Name + ".")
	}
	return err
}

func (l *lines) accountLabel() string {
	if l.setup.OwnAccount {
		return "Account that reads it, empty for the service's own"
	}
	return "Account that reads it"
}

// directory asks for the directory and the account that reads it.
func (l *lines) directory(ctx context.Context) error {
	a, s := &l.setup.Prefilled, l.setup
	given := cmp.Or(s.directory.Password, a.DirectoryPassword)
	return l.until(func() (err error) {
		for _, each := range []struct {
			label string
			into  *string
		}{
			{strconv.Itoa(s.accountNumber()) + " of 3. Directory, such as ldaps://dc1.example.com", &a.DirectoryURL},
			{l.accountLabel(), &a.DirectoryAccount},
			{"CA file of the directory, empty for the system's", &a.DirectoryCAFile},
		} {
			if *each.into, err = l.ask(each.label, *each.into); err != nil {
				return err
			}
		}
		typed := *a
		if len(a.DirectoryKeytab) == 0 && !(s.OwnAccount && a.DirectoryAccount == "") {
			if typed.DirectoryPassword, err = l.secret("Password of that account", given); err != nil {
				return err
			}
		}
		given = ""
		if s.directory, s.access, err = s.look(ctx, typed); err != nil {
			return err
		}
		l.say("Signed in: " + terminal.Line(s.access.Domain.Words()) + ".")
		return nil
	})
}

// vault asks where the agent keeps its credentials; there is never a silent fallback.
func (l *lines) vault(ctx context.Context) error {
	s := l.setup
	if s.Vault == string(vault.Memory) {
		return nil
	}
	kinds := vaults(s.Vault)
	return l.until(func() error {
		now := cmp.Or(s.Vault, kinds[0].value)
		typed, err := l.ask("Where the agent keeps its credentials: keyring of its account, or file, in clear text in its state folder", now)
		if err != nil {
			return err
		}
		kind := strings.ToLower(typed)
		if !slices.ContainsFunc(kinds, func(k option) bool { return k.value == kind }) {
			return &problem.Problem{Code: problem.Invalid, Title: "There is no place called " + typed, Hint: "Type keyring or file."}
		}
		if err := s.keeps(ctx, kind, s.runAs); err != nil {
			return chooseHere(problem.Of(err), "choose another place: type file.")
		}
		s.Vault = kind
		return nil
	})
}

// rights says what the account lacks, with the commands that grant it, and checks again as often as it is asked to.
func (l *lines) rights(ctx context.Context) error {
	s := l.setup
	for {
		unread := unreadable(s.access)
		if len(lacking(s.access)) == 0 && unread == "" {
			return nil
		}
		if unread != "" {
			l.say("The account cannot read " + unread + ": people there would be missing. Give it List and Read there.")
		}
		fmt.Fprint(s.Out, grantWords(needed(s.access)))
		if more := s.optional(); more != "" {
			l.say("Sync does without, and it is lacking: " + more + ".")
		}
		if len(needed(s.access)) == 0 && unread == "" {
			return nil
		}
		text, err := l.ask("Press enter to go on, or type again to check again", "")
		if err != nil || !strings.EqualFold(text, "again") {
			return err
		}
		switch access, err := s.Examine(ctx, s.directory); {
		case err == nil:
			s.access = access
		case !l.trouble(err):
			return err
		}
	}
}

// runAs asks as whom the service runs, where there is one.
func (l *lines) runAs(ctx context.Context) error {
	s := l.setup
	if s.Service == nil {
		return nil
	}
	a := &s.Prefilled
	given := a.ServicePassword
	return l.until(func() error {
		managed, label, err := l.managed(ctx)
		if err != nil {
			return err
		}
		if a.ServiceAccount, err = l.ask(label, a.ServiceAccount); err != nil {
			return err
		}
		who, as := s.whoIs(managed, a.ServiceAccount)
		if who == domainAccount && s.Managed != nil {
			if as.Password, err = l.secret("Password of that account", given); err != nil {
				return err
			}
			given = ""
		}
		s.runAs, s.caution = as, s.Service.Caution(ctx, as)
		return s.mayRunAs(ctx, who, as)
	})
}

// managed lists the managed accounts and puts the question; a list that cannot be had leaves the other answers.
func (l *lines) managed(ctx context.Context) (managed []directory.ServiceAccount, label string, err error) {
	label = "Account that the service runs under, empty for the system's own"
	if l.setup.Managed == nil {
		return nil, label, nil
	}
	managed, err = l.setup.Managed(ctx, l.setup.directory)
	if err != nil && !l.trouble(err) {
		return nil, "", err
	}
	var names []string
	for _, a := range managed {
		names = append(names, a.Name)
	}
	if len(names) > 0 {
		label += "; managed service accounts: " + strings.Join(names, ", ")
	}
	return managed, label, nil
}

func (l *lines) confirm(context.Context) error {
	s := l.setup
	for _, fact := range s.summaryFacts() {
		if fact[1] != "" {
			l.say(strings.TrimPrefix(fact[0]+": ", ": ") + terminal.OneLine(fact[1], maxShown))
		}
	}
	l.say(s.intention() + " By going on you accept Passly's terms of use.")
	text, err := l.ask("Type yes to go on", "")
	if err == nil && !strings.EqualFold(text, "yes") {
		err = io.EOF
	}
	return err
}

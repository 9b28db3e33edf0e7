// Package serve assembles a tenant: the store in its state folder, the SCIM endpoint, the control API and the console,
// behind one handler. The program passly-tenant, the demo and tests all start a tenant through it.
//
// The state folder is 0700 and its database 0600. Open needs a tenant that Init made. What has to be done without being asked
// for, such as sending e-mails, is done while Serve or Work runs.
package serve

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/access"
	"passlysync/pkg/tenant/agents"
	"passlysync/pkg/tenant/alarms"
	"passlysync/pkg/tenant/audit"
	"passlysync/pkg/tenant/bus"
	"passlysync/pkg/tenant/console"
	"passlysync/pkg/tenant/controlserver"
	"passlysync/pkg/tenant/history"
	"passlysync/pkg/tenant/installers"
	"passlysync/pkg/tenant/links"
	"passlysync/pkg/tenant/mail"
	"passlysync/pkg/tenant/onboarding"
	"passlysync/pkg/tenant/passwords"
	"passlysync/pkg/tenant/person"
	"passlysync/pkg/tenant/portal"
	"passlysync/pkg/tenant/scimserver"
	"passlysync/pkg/tenant/signin"
	"passlysync/pkg/tenant/store"
	"passlysync/pkg/tenant/store/postgres"
	"passlysync/pkg/tenant/store/sqlstore"
	"passlysync/pkg/tenant/writeback"
)

// DatabaseName is the database's file in the state folder.
const DatabaseName = "tenant.db"

// Options say what to open.
type Options struct {
	// State is the state folder; with a Database it may be empty where mail goes to a server.
	State string
	// Database is the PostgreSQL database that replicas share; nil: a SQLite file in the state folder.
	Database *postgres.Address
	Version  string           // of the program, as discovery and console show it
	Log      *slog.Logger     // nil: nothing is logged
	Now      func() time.Time // nil: the clock
	// Installers is the folder with the files that agents are installed from; empty: installers in the state folder.
	Installers string
	PublicURL  string       // where people reach the tenant, for links in e-mails; empty: http://localhost
	SMTP       *mail.Server // nil: e-mails are written into the outbox folder
	MailFrom   string       // address that e-mails come from; empty: passly@localhost
	// DeviceInterval is how often a machine may ask whether its sign-in was approved, in whole seconds; zero: five.
	DeviceInterval time.Duration
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Installers == "" && o.State != "" {
		o.Installers = filepath.Join(o.State, "installers")
	}
	if o.DeviceInterval == 0 {
		o.DeviceInterval = controlserver.DeviceInterval
	}
	o.PublicURL = strings.TrimRight(cmp.Or(o.PublicURL, "http://localhost"), "/")
	o.MailFrom = cmp.Or(o.MailFrom, "passly@localhost")
	if o.Version == "" {
		o.Version = "development"
	}
	return o
}

// Tenant is an opened tenant.
type Tenant struct {
	store     *sqlstore.Store
	bus       *postgres.Bus // nil: there is one replica
	agents    *agents.Registry
	control   *controlserver.Server
	console   *console.Console
	courier   *onboarding.Courier
	passwords *writeback.Desk
	history   *history.Keeper
	alarms    *alarms.Watch
	handler   http.Handler
	info      tenant.Tenant
	log       *slog.Logger
}

// Setup is what Init makes a tenant of.
type Setup struct {
	Name     string // of the tenant, and of its first organization
	Email    string // of its first administrator
	Password string
	// PasswordHash takes the place of Password where only the hash is known (argon2id, PHC form).
	PasswordHash string
}

// Init makes a tenant in the state folder. Errors are problems; one of code Conflict says that there is one already.
func Init(ctx context.Context, o Options, s Setup) error {
	o = o.withDefaults()
	s.Name, s.Email = strings.TrimSpace(s.Name), strings.TrimSpace(s.Email)
	if err := s.check(); err != nil {
		return err
	}
	db, err := o.makeStore(ctx)
	if err != nil {
		return err
	}
	return errors.Join(create(atCommandLine(ctx), db, s, o.Now()), db.Close())
}

func create(ctx context.Context, db store.Store, s Setup, now time.Time) error {
	if t, err := db.Tenant(ctx); err == nil {
		return &problem.Problem{
			Code: problem.Conflict, Title: "There is a tenant here already: " + t.Name, Text: "It was left as it is.",
			Hint: "Start it with passly-tenant serve, or choose another folder with --state.",
		}
	} else if !problem.Is(err, problem.NotFound) {
		return err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	hash := s.PasswordHash
	if hash == "" {
		hash = signin.HashPassword(s.Password)
	}
	return db.Write(ctx, func(tx store.Tx) error {
		t := tenant.Tenant{ID: strings.ToLower(rand.Text()), Name: s.Name, Created: now, TokenKey: key}
		if err := tx.Create(ctx, t, tenant.Organization{ID: tx.NewID(), Name: s.Name, Created: now}); err != nil {
			return err
		}
		owner := tenant.Administrator{ID: tx.NewID(), Email: s.Email, PasswordHash: hash, Role: tenant.RoleOwner, Created: now}
		return errors.Join(tx.AddAdministrator(ctx, owner), tx.Record(ctx, audit.Entry{
			What: audit.TenantMade, Subject: audit.Subject{Kind: audit.TheTenant, Name: t.Name}, Details: []audit.Detail{{Name: "owner", After: owner.Email}},
		}))
	})
}

func (s Setup) check() error {
	if s.Name == "" || len([]rune(s.Name)) > tenant.MaxName {
		return &problem.Problem{Code: problem.Invalid, Title: "The tenant needs a name", Hint: fmt.Sprintf("Give one of at most %d characters with --name.", tenant.MaxName)}
	}
	if err := checkEmail(s.Email, "--admin"); err != nil {
		return err
	}
	if s.PasswordHash != "" {
		return nil
	}
	return signin.CheckNewPassword(s.Password)
}

func checkEmail(email, flag string) error {
	if at := strings.LastIndexByte(email, '@'); at < 1 || at == len(email)-1 || strings.ContainsAny(email, " \t\r\n<>") || len(email) > 254 {
		return &problem.Problem{
			Code: problem.Invalid, Title: fmt.Sprintf("%q is no e-mail address", email), Hint: "Give the administrator's, such as " + flag + " anna@example.com.",
		}
	}
	return nil
}

func makeFolder(path string) error {
	err := os.MkdirAll(path, 0o700)
	if err == nil {
		err = os.Chmod(path, 0o700)
	}
	if err == nil {
		return nil
	}
	return &problem.Problem{
		Code: problem.Invalid, Title: "The state folder cannot be made", Text: err.Error(),
		Hint: "Choose a folder that you may write to with --state.", Op: "making the state folder", Err: err,
	}
}

// Open opens the tenant in the state folder. Errors are problems; code NotFound: there is none, run Init.
func Open(ctx context.Context, o Options) (*Tenant, error) {
	o = o.withDefaults()
	db, info, err := openStore(ctx, o)
	if err != nil {
		return nil, err
	}
	replicas, err := o.openBus(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return assemble(o, db, replicas, info), nil
}

func assemble(o Options, db *sqlstore.Store, replicas *postgres.Bus, info tenant.Tenant) *Tenant {
	var between bus.Bus = bus.NewLocal()
	if replicas != nil {
		between = replicas
	}
	t := &Tenant{store: db, bus: replicas, agents: agents.New(db, between, o.Now), info: info, log: o.Log}
	desk, gate := signin.NewDesk(db, o.Now), access.NewGate(db, info, o.Now)
	t.control = &controlserver.Server{
		Tenant: info, Version: o.Version, Store: db, Agents: t.agents, Desk: desk, Gate: gate,
		SCIM: scimserver.Path, Console: "/", Log: o.Log, Now: o.Now, Interval: o.DeviceInterval,
	}
	t.passwords = writeback.New(writeback.Options{Tenant: info, Store: db, Agents: t.agents, Log: o.Log, Now: o.Now})
	opened := links.NewDesk(db, o.Now)
	chosen := passwords.NewDesk(db, desk.Hashing(), opened, t.passwords, o.Now)
	mailing := o.mailing()
	t.courier = onboarding.NewCourier(onboarding.Options{
		Tenant: info, Store: db, Delivery: mailing.delivery, Passwords: chosen, From: o.MailFrom, PublicURL: o.PublicURL, Log: o.Log, Now: o.Now,
	})
	t.alarms = alarms.New(alarms.Options{Store: db, Post: t.courier, PublicURL: o.PublicURL, Log: o.Log, Now: o.Now})
	t.history = history.New(db, t.agents, o.Log, o.Now)
	t.console = console.New(console.Options{
		Tenant: info, Version: o.Version, Store: db, Agents: t.agents, Desk: desk, Passwords: chosen, History: t.history, Installers: installers.In(o.Installers), Log: o.Log, Now: o.Now,
		Mail: console.Mail{Courier: t.courier, Outbox: mailing.outbox, Server: mailing.server, From: o.MailFrom, Links: o.PublicURL},
	})
	mux := http.NewServeMux()
	t.control.Register(mux)
	portal.New(portal.Options{
		Tenant: info, Store: db, Enrolments: onboarding.NewEnrolments(db, opened, chosen, o.Now), Desk: person.NewDesk(db, chosen, o.Now), Passwords: chosen,
		CSS: t.console.AssetURL("console.css"), Log: o.Log, Now: o.Now,
	}).Register(mux)
	mux.Handle(scimserver.Path+"/", scimserver.New(db, gate, o.Log).Handler())
	mux.Handle("/", t.console.Handler())
	t.handler = mux
	return t
}

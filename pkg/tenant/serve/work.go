package serve

import (
	"context"
	"path/filepath"
	"sync"

	"passlysync/pkg/tenant/mail"
)

// OutboxName is the folder in the state folder into which e-mails are written where no SMTP server is configured.
const OutboxName = "outbox"

// mailing is how e-mails go out.
type mailing struct {
	delivery mail.Delivery
	outbox   mail.Outbox // without a folder: they go to a server
	server   string
}

func (o Options) mailing() mailing {
	if o.SMTP != nil {
		return mailing{delivery: mail.NewSMTP(*o.SMTP), server: o.SMTP.String()}
	}
	box := mail.Outbox{Folder: filepath.Join(o.State, OutboxName)}
	return mailing{delivery: box, outbox: box}
}

// Work does what waits in the store until ctx ends. Serve does so too.
func (t *Tenant) Work(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { t.courier.Run(ctx) })
	all.Go(func() { t.history.Run(ctx) })
	all.Go(func() { t.alarms.Run(ctx) })
	all.Wait()
}

// SendDue sends all e-mails that are due now, once.
func (t *Tenant) SendDue(ctx context.Context) error { return t.courier.SendDue(ctx) }

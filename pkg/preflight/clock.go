package preflight

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/host"
	"passlysync/pkg/problem"
)

// How far clocks may be apart: Kerberos, and with it the domain, tolerates five minutes (MS-KILE 3.1.1.1); what is on the way
// there is worth a word.
const (
	tolerated = 5 * time.Minute
	noticed   = time.Minute
)

// clock compares this machine's clock with the domain controller's, and with the tenant's where that is known.
func (l *look) clock(ctx context.Context) Result {
	r := worse(l.directoryClock(ctx), l.tenantClock(ctx))
	if r.Notable() {
		r.Repair = l.offerTime()
	}
	return r
}

func (l *look) directoryClock(ctx context.Context) Result {
	ahead, err := l.aheadOfDirectory(ctx)
	if r, ok := skipped(err); ok {
		return r
	}
	if err != nil {
		return bad(Warning, "", problem.Of(err))
	}
	p := &problem.Problem{
		Code: problem.Code(control.ClockSkew), Title: "This machine's clock is " + control.Apart(ahead) + " the domain controller's",
		Text: "A domain tolerates 5 minutes.", Hint: control.ClockHint,
	}
	return apart(ahead, "the directory's", tolerated, p)
}

func (l *look) tenantClock(ctx context.Context) Result {
	at, err := url.Parse(l.Tenant)
	if err != nil || at.Host == "" {
		return Result{}
	}
	tenant, err := control.NewSetup(l.TenantCA)
	if err != nil {
		return Result{}
	}
	ctx, cancel := context.WithTimeout(ctx, stepIn)
	defer cancel()
	_, found, err := tenant.Discover(ctx, at.Host)
	if err != nil || found.Time.IsZero() {
		return Result{} // the first question says why
	}
	now := l.Now()
	if p := found.ClockProblem(now); p != nil {
		return bad(Failed, control.Apart(now.Sub(found.Time))+" the tenant's", p)
	}
	return apart(now.Sub(found.Time), "the tenant's", tolerated, &problem.Problem{
		Code: problem.Code(control.ClockSkew), Title: "This machine's clock is " + control.Apart(now.Sub(found.Time)) + " the tenant's",
		Text: "A little more, and the tenant refuses the agent.", Hint: control.ClockHint,
	})
}

// apart judges a difference. A domain controller tells its time to the second, so less than two are none.
func apart(ahead time.Duration, whose string, most time.Duration, p *problem.Problem) Result {
	detail := control.Apart(ahead) + " " + whose
	switch {
	case ahead.Abs() > most:
		return bad(Failed, detail, p)
	case ahead.Abs() > noticed:
		return bad(Warning, detail, p)
	case ahead.Abs() < 2*time.Second:
		return passed("as " + whose)
	}
	return passed(detail)
}

// aheadOfDirectory gives how far this machine's clock is ahead of the domain controller's.
func (l *look) aheadOfDirectory(ctx context.Context) (time.Duration, error) {
	seen, err := l.trust(ctx)
	if err != nil {
		return 0, after(err, "the certificate is not trusted")
	}
	at, err := l.controller(ctx)
	if err != nil {
		return 0, err
	}
	at.CA = seen.ca
	ctx, cancel := context.WithTimeout(ctx, stepIn)
	defer cancel()
	theirs, err := ad.CurrentTime(ctx, at)
	return l.Now().Sub(theirs), err
}

// settleIn is how long a clock may take to follow a time source once it is told to.
const settleIn = 15 * time.Second

// offerTime offers to have the system set the clock, where it can be told to.
func (l *look) offerTime() *Repair {
	if !l.Facts.Elevated {
		return nil
	}
	if l.Facts.OS == host.Windows {
		return &Repair{Title: "Set the clock now: w32tm /resync", Do: func(ctx context.Context) error {
			return l.setClock(ctx, "w32tm", "/resync")
		}}
	}
	if l.Service == nil { // no systemd
		return nil
	}
	return &Repair{Title: "Turn the network time on: timedatectl set-ntp true", Do: func(ctx context.Context) error {
		return l.setClock(ctx, "timedatectl", "set-ntp", "true")
	}}
}

// setClock tells the system to set the clock, and waits until it is right.
func (l *look) setClock(ctx context.Context, program string, args ...string) error {
	if out, err := l.Run(ctx, program, args...); err != nil {
		return &problem.Problem{
			Code: problem.Internal, Title: "The clock could not be set", Text: said(out, err), Hint: "Set it by hand, or ask who runs this machine.",
			Op: "setting the clock", Err: err,
		}
	}
	ctx, cancel := context.WithTimeout(ctx, settleIn)
	defer cancel()
	for again := time.NewTicker(500 * time.Millisecond); ; {
		r := worse(l.directoryClock(ctx), l.tenantClock(ctx))
		if !r.Notable() {
			return nil
		}
		select {
		case <-ctx.Done():
			return &problem.Problem{
				Code: problem.Code(control.ClockSkew), Title: "The system follows a time source now, and the clock is still wrong",
				Text: fmt.Sprintf("After %s it is %s.", settleIn, r.Detail),
				Hint: "Check which source that is and that it can be reached (timedatectl timesync-status; w32tm /query /status).", Op: "setting the clock",
			}
		case <-again.C:
		}
	}
}

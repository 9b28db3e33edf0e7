package writeback

import (
	"context"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
	"passlysync/pkg/seal"
	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/agents"
	"passlysync/pkg/tenant/audit"
)

// Set sets a password in the directory and waits for the answer: less than a second usually, at most two minutes. That ctx
// ends does not end it: the directory would have another password than Passly believes.
func (d *Desk) Set(ctx context.Context, r Request) (Outcome, error) {
	ctx = context.WithoutCancel(ctx)
	if len(r.Old) > 0 {
		if err := d.guesses.Admit(r.User.ID.String(), r.From); err != nil {
			return Outcome{}, err
		}
	}
	outcome, err := d.set(ctx, r)
	if err == nil && len(r.Old) > 0 {
		d.guesses.Forgive(r.User.ID.String())
	}
	d.record(ctx, settingEntry(ctx, r, outcome, err))
	return outcome, err
}

func (d *Desk) set(ctx context.Context, r Request) (Outcome, error) {
	to, err := d.courier(ctx, r.User)
	if err != nil {
		return Outcome{}, err
	}
	var written control.PasswordWritten
	outcome := Outcome{Agent: to.agent}
	secrets := seal.Secrets{Old: r.Old, New: r.New}
	err = to.carry(ctx, control.CommandWritePassword, control.SealedArgs{User: to.user, MustChange: r.MustChange}, secrets, &written)
	if err != nil {
		return outcome, err
	}
	outcome.HistoryUnchecked = written.HistoryUnchecked
	for _, remark := range []*problem.Problem{written.MustChange, written.Unlock} {
		if remark != nil {
			outcome.Remarks = append(outcome.Remarks, remark)
		}
	}
	return outcome, nil
}

// Verify proves somebody's password of Windows by a sign-in there; from is the network address of who typed it. Errors are
// problems, such as directory.PasswordWrong, PasswordExpired (it is right, and has to be changed first), AccountLocked,
// problem.TooMany and AgentAway.
func (d *Desk) Verify(ctx context.Context, u tenant.User, password []byte, from string) error {
	ctx = context.WithoutCancel(ctx)
	if err := d.guesses.Admit(u.ID.String(), from); err != nil {
		return err
	}
	to, err := d.courier(ctx, u)
	if err == nil {
		err = to.carry(ctx, control.CommandVerifyPassword, control.SealedArgs{User: to.user}, seal.Secrets{New: password}, nil)
	}
	if err == nil || problem.Is(err, directory.PasswordExpired) {
		d.guesses.Forgive(u.ID.String())
	}
	if err == nil || d.ofPerson.Admit(u.ID.String()) == nil && d.ofAll.Admit("") == nil {
		d.record(ctx, provingEntry(ctx, u, to.agent, err))
	}
	return err
}

// courier is the way to one person's directory.
type courier struct {
	desk  *Desk
	agent tenant.Agent
	user  directory.GUID
}

// courier refuses where no password can be taken there.
func (d *Desk) courier(ctx context.Context, u tenant.User) (courier, error) {
	way, err := d.Way(ctx, u)
	if err != nil {
		return courier{}, err
	}
	c := courier{desk: d, agent: way.Agent}
	if way.Place != TwoWay {
		return c, notTwoWay()
	}
	if c.user, err = directory.ParseGUID(u.ExternalID); err != nil {
		return c, notTwoWay()
	}
	if !c.agent.Heartbeat.Sealing.By(c.agent.PublicKey, d.Tenant.ID, c.agent.ID.String()) {
		return c, noKey()
	}
	return c, nil
}

// carry has the agent obey a command with a password, and puts what it refuses into words.
func (c courier) carry(ctx context.Context, kind control.CommandKind, args control.SealedArgs, secrets seal.Secrets, body any) error {
	if len(secrets.New) == 0 || len(secrets.New) > seal.MaxSecret || len(secrets.Old) > seal.MaxSecret {
		return tooLong()
	}
	err := c.desk.Agents.Order(ctx, c.agent.ID, agents.Order{Kind: kind, Life: c.desk.Life, Args: func(command control.Command) (any, error) {
		sealed, err := seal.Seal(c.agent.Heartbeat.Sealing.Public, command.Binding(c.desk.Tenant.ID, c.agent.ID.String(), args), secrets)
		args.Sealed = sealed
		return args, err
	}}, body)
	if err == nil {
		return nil
	}
	return inWords(kind, err)
}

func (d *Desk) record(ctx context.Context, e audit.Entry) {
	if e.What == "" {
		return
	}
	if err := d.write(ctx, e); err != nil { // the directory has the password: it cannot be taken back
		d.Log.Error("an entry of the audit log could not be written", "what", string(e.What), "error", err)
	}
}

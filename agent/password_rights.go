package agent

import (
	"context"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// rightsEvery is how often it is looked whether passwords can be set: what is granted shows within it, or with the next
// choice of settings.
const rightsEvery = 5 * time.Minute

// passwordRights remembers when, and for which configuration, it was looked.
type passwordRights struct {
	version int64
	at      time.Time
}

// examiner is a directory that can say what its account may do about passwords.
type examiner interface {
	PasswordRights(ctx context.Context, scope []directory.GUID) ([]directory.Right, error)
}

// tellPasswordRights says what the account lacks to set passwords for the people in scope, where the agent is two-way.
func (w *worker) tellPasswordRights(ctx context.Context, settings control.Configuration) {
	if settings.PasswordPolicy != control.PasswordTwoWay {
		w.health.lift(control.PasswordRightsMissing)
		return
	}
	now := w.o.Now()
	to, can := w.reader.(examiner)
	if !can || w.examined.version == settings.Version && now.Sub(w.examined.at).Abs() < rightsEvery {
		return
	}
	rights, err := to.PasswordRights(ctx, settings.Scope)
	if err != nil {
		w.o.Log.Warn("it could not be found out whether passwords can be set", "error", err)
		return
	}
	w.examined = passwordRights{settings.Version, now}
	w.keepRules(ctx)
	var lacking []directory.Right
	for _, r := range rights {
		if !r.Held && (r.Name != directory.WriteLockout || settings.UnlockOnReset) {
			lacking = append(lacking, r)
		}
	}
	w.health.when(len(lacking) > 0, passwordRightsMissing(w.directory.Account, lacking))
}

// keepRules has the next heartbeat say what the domain asks of passwords, so that it is known while the agent is away.
func (w *worker) keepRules(ctx context.Context) {
	rules, err := w.passwords.Rules(ctx, control.PasswordRulesArgs{})
	if err != nil {
		w.o.Log.Warn("what the domain asks of passwords could not be read", "error", err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.figures.Passwords = &rules
}

// maxCommands is how many commands of a tool a condition shows for one right.
const maxCommands = 3

func passwordRightsMissing(account string, lacking []directory.Right) control.Condition {
	c := control.Condition{Code: control.PasswordRightsMissing, Severity: control.Warning, Title: "The directory account cannot set everybody's password"}
	var ways []string
	for _, r := range lacking {
		c.Text += r.Title + ": held " + r.Where + ". " + r.Means + " "
		for _, g := range r.Grant {
			if g.Tool != "PowerShell" { // too long for a line
				ways = append(ways, g.Tool+": "+strings.Join(g.Commands[:min(len(g.Commands), maxCommands)], "; "))
			}
		}
	}
	c.Text = strings.TrimSpace(c.Text)
	c.Hint = "“passly-sync setup” shows the commands that grant it to " + account + ", under Change the service account. "
	if len(ways) > 0 {
		c.Hint += "As a domain administrator, one of these for each: " + strings.Join(ways, " | ")
	}
	return c
}

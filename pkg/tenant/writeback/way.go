package writeback

import (
	"context"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
	"passlysync/pkg/tenant"
)

// Way says where somebody's password is kept.
func (d *Desk) Way(ctx context.Context, u tenant.User) (Way, error) {
	if u.Agent == 0 {
		return Way{Place: Local}, nil
	}
	a, err := d.Agents.Agent(ctx, u.Agent)
	if problem.Is(err, problem.NotFound) { // removed just now: its people are Local from then on
		return Way{Place: Local}, nil
	}
	if err != nil {
		return Way{}, err
	}
	if a.Configuration.PasswordPolicy == control.PasswordTwoWay {
		return Way{TwoWay, a}, nil
	}
	return Way{OneWay, a}, nil
}

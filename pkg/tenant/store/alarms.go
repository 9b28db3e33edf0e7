package store

import (
	"context"

	"passlysync/pkg/tenant"
)

// AlarmReader reads the agents' alarms.
type AlarmReader interface {
	// Alarms gives all, in the order of agents.
	Alarms(ctx context.Context) ([]tenant.Alarm, error)
}

// AlarmWriter writes them. Each is written by who read it last: otherwise, where another one was there first, it is false.
type AlarmWriter interface {
	// PutAlarm writes an alarm, a new one where its Version is zero, and counts its Version on where it did.
	PutAlarm(ctx context.Context, a *tenant.Alarm) (bool, error)
	EndAlarm(ctx context.Context, a tenant.Alarm) (bool, error)
	// SetAlarms says whether an administrator wants to be written to.
	SetAlarms(ctx context.Context, administrator tenant.ID, wanted bool) error
}

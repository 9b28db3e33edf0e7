package alarms

import (
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/tenant"
)

// step is what is to do about an agent.
type step int

const (
	nothing  step = iota
	keep          // write down what is so now
	forget        // nobody was told of what is over
	tellIll       // write to administrators that something is wrong
	tellWell      // that nothing is any more
)

// judge looks at an agent, and at what was written down of it before; it gives what is to be written down, and to be done then.
func judge(before tenant.Alarm, a tenant.Agent, now time.Time) (tenant.Alarm, step) {
	if trouble, code := needsSomebody(a, now); trouble {
		return ill(before, code, now)
	}
	if before.Version == 0 {
		return before, nothing
	}
	return well(before, now)
}

func ill(a tenant.Alarm, code control.ConditionCode, now time.Time) (tenant.Alarm, step) {
	switch {
	case a.Version == 0 || code != a.Code:
		a.Code, a.Since, a.Well, a.Tried, a.Reached = code, now, time.Time{}, time.Time{}, nil
		return a, keep
	case !a.Well.IsZero():
		a.Well, a.Reached = time.Time{}, nil // it was not over
		return a, keep
	case code == a.Told || now.Sub(a.Since) < Patience || now.Sub(a.Tried) < tryAgain:
		return a, nothing
	}
	a.Tried = now
	return a, tellIll
}

func well(a tenant.Alarm, now time.Time) (tenant.Alarm, step) {
	switch {
	case a.Told == "":
		return a, forget
	case a.Well.IsZero():
		a.Well, a.Tried, a.Reached = now, time.Time{}, nil
		return a, keep
	case now.Sub(a.Well) < Calm || now.Sub(a.Tried) < tryAgain:
		return a, nothing
	}
	a.Tried = now
	return a, tellWell
}

// needsSomebody reports whether an agent's condition is one that does not pass by itself, or means that nothing goes on.
func needsSomebody(a tenant.Agent, now time.Time) (bool, control.ConditionCode) {
	if a.Configuration.Status != control.StatusEnabled || a.HasLeft() {
		return false, ""
	}
	c := a.Condition(now)
	return c.Severity == control.Failure, c.Code
}

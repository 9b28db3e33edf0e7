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
	forget        // nobody was told of what is over, or somebody put an end to it
	tellIll       // write to administrators that something is wrong
	tellWell      // that nothing is any more
)

// judge looks at an agent, and at what was written down of it before; it gives what is to be written down, and to be done then.
func judge(before tenant.Alarm, a tenant.Agent, now time.Time) (tenant.Alarm, step) {
	if ahead(&before, now) {
		return before, keep
	}
	switch trouble, code := needsSomebody(a, now); {
	case trouble:
		return ill(before, code, now)
	case before.Version == 0:
		return before, nothing
	case !watched(a):
		return before, forget
	}
	return well(before, now)
}

// clocksDiffer is how far the clocks of two replicas may be apart. What lies further ahead was written before a clock was set back.
const clocksDiffer = time.Hour

// ahead takes times that a clock which was set back makes lie ahead for now: nothing would be told until they come.
func ahead(a *tenant.Alarm, now time.Time) (any bool) {
	for _, at := range []*time.Time{&a.Since, &a.Well, &a.Tried} {
		if at.After(now.Add(clocksDiffer)) {
			*at, any = now, true
		}
	}
	return any
}

func ill(a tenant.Alarm, code control.ConditionCode, now time.Time) (tenant.Alarm, step) {
	switch {
	case a.Version == 0:
		a.Code, a.Since = code, now
		return a, keep
	case !a.Well.IsZero():
		return relapsed(a, code, now), keep
	case code != a.Code:
		// Until the first e-mail it is one trouble, whatever it is called; from then on another one is told once it has lasted.
		if a.Told != "" {
			a.Since = now
		}
		a.Code, a.Tried, a.Reached = code, time.Time{}, nil
		return a, keep
	case code == a.Told || now.Sub(a.Since) < Patience || now.Sub(a.Tried) < pause(a.Since, a.Tried):
		return a, nothing
	}
	a.Tried = now
	return a, tellIll
}

// relapsed is a trouble that was not over. Where somebody was told that it was, all are told again.
func relapsed(a tenant.Alarm, code control.ConditionCode, now time.Time) tenant.Alarm {
	if len(a.Reached) > 0 {
		a.Told, a.Since = "", now
	}
	a.Code, a.Well, a.Tried, a.Reached = code, time.Time{}, time.Time{}, nil
	return a
}

func well(a tenant.Alarm, now time.Time) (tenant.Alarm, step) {
	switch {
	case a.Told == "" && len(a.Reached) == 0 && a.Well.IsZero():
		return a, forget
	case a.Well.IsZero():
		a.Told, a.Well, a.Tried, a.Reached = a.Code, now, time.Time{}, nil
		return a, keep
	case now.Sub(a.Well) < Calm || now.Sub(a.Tried) < pause(a.Well, a.Tried):
		return a, nothing
	}
	a.Tried = now
	return a, tellWell
}

// pause is how long to wait after a try: the longer the longer it has been tried.
func pause(from, tried time.Time) time.Duration {
	const part = 4
	return min(max(tryAgain, tried.Sub(from)/part), tryAtLeast)
}

// needsSomebody reports whether an agent's condition is one that does not pass by itself, or means that nothing goes on.
func needsSomebody(a tenant.Agent, now time.Time) (bool, control.ConditionCode) {
	if !watched(a) {
		return false, ""
	}
	c := a.Condition(now)
	return c.Severity == control.Failure, c.Code
}

// watched reports whether it matters how an agent is.
func watched(a tenant.Agent) bool {
	return a.Configuration.Status == control.StatusEnabled && !a.HasLeft()
}

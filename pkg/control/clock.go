package control

import (
	"fmt"
	"time"

	"passlysync/pkg/problem"
)

// maxSkew is how far the clocks may be apart for an enrolment: the agent's assertions live for minutes.
const maxSkew = 4 * time.Minute

// ClockHint says how to correct a machine's clock.
const ClockHint = "Correct the clock (w32tm /resync on Windows, timedatectl set-ntp true on Linux), then try again."

// ClockProblem refuses a machine whose clock would make the tenant refuse its agent; nil: it is near enough.
func (d Discovery) ClockProblem(now time.Time) *problem.Problem {
	ahead := now.Sub(d.Time)
	if d.Time.IsZero() || ahead.Abs() < maxSkew {
		return nil
	}
	return &problem.Problem{
		Code: problem.Code(ClockSkew), Title: "This machine's clock is " + Apart(ahead) + " the tenant's",
		Text: "The tenant would refuse the agent: what it signs would be too old, or not valid yet.",
		Hint: ClockHint, Op: "comparing clocks",
	}
}

// Apart says how far a clock is ahead of another: "5 minutes behind".
func Apart(ahead time.Duration) string {
	than := " ahead of"
	if ahead < 0 {
		than = " behind"
	}
	return lasting(ahead.Abs()) + than
}

func lasting(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d seconds", int(d.Round(time.Second).Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

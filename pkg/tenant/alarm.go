package tenant

import (
	"time"

	"passlysync/pkg/control"
)

// Alarm is a trouble of an agent that administrators are written to about.
type Alarm struct {
	Agent   ID
	Code    control.ConditionCode // what is wrong now, or was last
	Since   time.Time             // when it was seen first
	Told    control.ConditionCode // what administrators were told of; empty: of nothing yet
	Well    time.Time             // since when nothing is wrong; zero: something is
	Tried   time.Time             // when somebody last set about writing; zero: nobody did, or it is done
	Reached []ID                  // administrators who have the e-mail of which others wait still
	Version int64                 // for the store
}

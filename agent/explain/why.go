// Package explain says in words why the agent does with somebody what it does.
//
// It decides nothing: the verdict is package plan's, kept by package mirror, and what the run makes of it (a halt, a hold) comes
// in as View. The same words serve the preview and the explanation.
package explain

import (
	"fmt"
	"strings"
	"time"

	"passlysync/agent/mirror"
	"passlysync/agent/plan"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// View is what stands around one entry when it is explained.
type View struct {
	Now     time.Time
	Blocker *mirror.Known // holds back the additions after it; nil: nobody does
	Held    map[control.RemovalKind]bool
	Paused  bool
	Chosen  bool // there are chosen units
}

// Action is what the agent will do next with an entry, and what keeps it from more.
func (v View) Action(k mirror.Known) (control.Action, control.Because) {
	because := v.standing(k)
	switch k.Todo {
	case plan.Add:
		if k.Kind == directory.KindUser && v.Blocker != nil && v.Blocker.Seq < k.Seq {
			return control.ActionNothing, control.BecauseWaiting
		}
	case plan.Disable, plan.Remove:
		if k.Rejected {
			return control.ActionNothing, control.BecauseRejected
		}
		if v.Held[heldKind(k.Kind)] && !k.Approved {
			return control.ActionNothing, control.BecauseHeld
		}
	}
	return Named(k.Todo, k.Enables), because
}

func heldKind(kind directory.Kind) control.RemovalKind {
	if kind == directory.KindGroup {
		return control.RemoveGroups
	}
	return control.RemoveUsers
}

// Named gives what people call something to do.
func Named(todo plan.Todo, enables bool) control.Action {
	switch {
	case todo == plan.Add:
		return control.ActionAdd
	case todo == plan.Update && enables:
		return control.ActionEnable
	case todo == plan.Update:
		return control.ActionUpdate
	case todo == plan.Disable:
		return control.ActionDisable
	case todo == plan.Remove:
		return control.ActionRemove
	}
	return control.ActionNothing
}

// standing is why an entry is not, or not fully, in the tenant, as far as it is about the entry itself.
func (v View) standing(k mirror.Known) control.Because {
	switch k.Flag {
	case plan.Incomplete:
		return control.BecauseIncomplete
	case plan.Conflicting:
		return control.BecauseConflict
	case plan.Refused:
		return control.BecauseRefused
	case plan.Unplaced:
		return control.BecauseUnplaced
	}
	switch v.State(k) {
	case control.StateDeleted:
		return control.BecauseDeleted
	case control.StateOther:
		return control.BecauseNoPerson
	}
	if k.User.Place != plan.Inside {
		return control.BecauseOutOfScope
	}
	switch v.State(k) {
	case control.StateDisabled:
		return control.BecauseDisabled
	case control.StateExpired:
		return control.BecauseExpired
	}
	return ""
}

// State is how the directory has an entry.
func (v View) State(k mirror.Known) control.DirectoryState {
	expires, ever := k.User.ExpiresAt()
	switch {
	case k.User.Deleted:
		return control.StateDeleted
	case !k.User.Person:
		return control.StateOther
	case k.Kind == directory.KindGroup || k.User.Enabled(v.Now):
		return control.StateEnabled
	case ever && !v.Now.Before(expires):
		return control.StateExpired
	}
	return control.StateDisabled
}

// Sentence says what is, or would be, done with an entry and why. The tense is the preview's, which serves both.
func (v View) Sentence(k mirror.Known, action control.Action, because control.Because) string {
	does := v.does(k, action, because)
	if cause := v.cause(k, because); cause != "" {
		return does + ": " + cause + "."
	}
	return does + "."
}

func (v View) does(k mirror.Known, action control.Action, because control.Because) string {
	switch action {
	case control.ActionAdd:
		return "Is added"
	case control.ActionUpdate:
		return "Is brought up to date"
	case control.ActionEnable:
		return "Gets its former state back"
	case control.ActionDisable:
		return "Is disabled"
	case control.ActionRemove:
		return "Is removed"
	}
	switch {
	case because == control.BecauseHeld:
		return "Waits for approval, since too many would be removed at once"
	case because == control.BecauseRejected:
		return "Stays as it is, since an administrator rejected its removal"
	case because == control.BecauseRefused:
		return "Was not taken by the tenant"
	case !k.Added:
		return "Is not added"
	case because == "":
		return "Is in the tenant as the directory has it"
	case k.Kind == directory.KindUser && !k.Active:
		return "Stays disabled"
	}
	return "Stays in the tenant as it is"
}

// cause says a reason as a clause; empty where there is none to say.
func (v View) cause(k mirror.Known, because control.Because) string {
	switch because {
	case control.BecauseIncomplete:
		return "no " + strings.Join(k.User.Missing(), ", no ")
	case control.BecauseConflict:
		return conflict(k)
	case control.BecauseRefused:
		return strings.TrimSuffix(k.Refusal, ".")
	case control.BecauseWaiting:
		return v.waiting()
	case control.BecauseHeld, control.BecauseRejected:
		return v.cause(k, v.standing(k))
	case control.BecauseOutOfScope:
		return v.outside(k)
	}
	return v.stateCause(k, because)
}

func (v View) stateCause(k mirror.Known, because control.Because) string {
	switch because {
	case control.BecauseDisabled:
		return "the account is disabled in Active Directory"
	case control.BecauseExpired:
		at, _ := k.User.ExpiresAt()
		return "the account expired on " + at.Format(day)
	case control.BecauseDeleted:
		return "deleted from the directory"
	case control.BecauseNoPerson:
		if k.Kind == directory.KindGroup {
			return "a group of the system"
		}
		return "not a person’s account"
	case control.BecauseUnplaced:
		return "the unit around is not read yet"
	}
	return ""
}

const day = "2 January 2006"

func conflict(k mirror.Known) string {
	switch {
	case k.Other != nil:
		return strings.TrimSuffix(k.Other.Reason, ".")
	case k.Refusal != "":
		return strings.TrimSuffix(k.Refusal, ".")
	}
	return "e-mail or user logon name is taken"
}

func (v View) waiting() string {
	if v.Blocker == nil {
		return "somebody else halts additions"
	}
	b := *v.Blocker
	return fmt.Sprintf("%s in %s halts additions (%s)", b.Name, b.Place, v.cause(b, v.standing(b)))
}

func (v View) outside(k mirror.Known) string {
	if !v.Chosen {
		return "no organizational units are chosen yet"
	}
	if k.Place == "" {
		return "not in a chosen unit"
	}
	return k.Place + " is not in a chosen unit"
}

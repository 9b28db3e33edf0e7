package agent

import (
	"context"
	"slices"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// readingRights remembers what the account lacks to read the directory as it could be read best.
type readingRights struct {
	domain  directory.Domain // for which it was found out
	at      time.Time
	lacking []directory.Right
}

// readingExaminer is a directory that can say what its account may do to read it.
type readingExaminer interface {
	ReadingRights(ctx context.Context) ([]directory.Right, error)
}

// tellReadingRights looks from time to time whether the directory is read in another way than before, and says what the account
// lacks: where DirSync is refused, or deletions cannot be seen.
func (w *worker) tellReadingRights(ctx context.Context) {
	domain, err := w.reader.Domain(ctx)
	if err != nil {
		w.o.Log.Info("what the account may read could not be found out", "error", err)
		return
	}
	w.mu.Lock()
	w.domain = domain
	w.mu.Unlock()
	lacks := domain.ByUSN || !domain.SeesDeleted
	if lacks {
		w.examineReading(ctx, domain)
	}
	w.health.when(lacks, rightsMissing(w.directory.Account, domain, w.reading.lacking))
}

// examineReading finds the commands that grant what is lacking.
func (w *worker) examineReading(ctx context.Context, domain directory.Domain) {
	now := w.o.Now()
	if w.reading.domain == domain && now.Sub(w.reading.at).Abs() < rightsEvery {
		return
	}
	w.reading = readingRights{domain: domain, at: now}
	to, can := w.reader.(readingExaminer)
	if !can {
		return
	}
	rights, err := to.ReadingRights(ctx)
	if err != nil {
		w.o.Log.Info("how to grant what is lacking could not be found out", "error", err)
		return
	}
	w.reading.lacking = slices.DeleteFunc(rights, func(r directory.Right) bool {
		return r.Held || r.Name == directory.ReplicateChanges && !domain.ByUSN // object security does as well
	})
}

// rightsMissing says how the directory is read for want of rights, what that means, and how to grant them.
func rightsMissing(account string, domain directory.Domain, lacking []directory.Right) control.Condition {
	c := control.Condition{Code: control.DirectoryRightsMissing, Severity: control.Warning, Title: "The directory account cannot see deletions"}
	var text []string
	if domain.ByUSN {
		c.Title = "The directory is read without DirSync"
		text = append(text, "It refuses DirSync to "+account+", so the agent looks for what changed by its number (uSNChanged). Nothing is left out, but a change in a group has "+
			"all its members read again, and another domain controller has everything read once. DirSync is used again as soon as it is allowed.")
	}
	if !domain.SeesDeleted {
		text = append(text, account+" may not list and read CN=Deleted Objects, so deletions are missing from what the directory reports. "+
			"The agent finds them by reading everything once an hour instead of at once.")
	}
	c.Text = strings.Join(text, " ")
	c.Hint = "“passly-sync setup” shows the commands that grant what is lacking, under Change the service account."
	if ways := commandWords(lacking); ways != "" {
		c.Hint = "As a domain administrator, one of these for each: " + ways + ". " + c.Hint
	}
	return c
}

// commandWords are the commands that grant rights, in a line. Those for PowerShell are too long for one.
func commandWords(lacking []directory.Right) string {
	var ways []string
	for _, r := range lacking {
		for _, g := range r.Grant {
			if g.Tool != "PowerShell" {
				ways = append(ways, r.Title+", "+g.Tool+": "+strings.Join(g.Commands[:min(len(g.Commands), maxCommands)], "; "))
			}
		}
	}
	return strings.Join(ways, " | ")
}

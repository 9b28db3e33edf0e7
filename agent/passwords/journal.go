package passwords

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/host"
	"passlysync/pkg/problem"
)

// journalFile holds a line for each command when it is begun, and one when it is ended.
const journalFile = "passwords.journal"

// keptFor is how long a command's id is kept: it counts for two minutes, whatever clocks do in a day.
const keptFor = 24 * time.Hour

// maxLines is how many are remembered before old ones are looked for.
const maxLines = 10_000

// journal remembers which commands were begun, over restarts. It holds ids and outcomes, nothing of a password.
type journal struct {
	mu    sync.Mutex
	file  *os.File
	lines map[string]entry
	torn  bool // a line may have been written in part
}

// entry is one line. Ended is false while the outcome is not known.
type entry struct {
	ID    string           `json:"id"`
	Begun time.Time        `json:"begun,omitzero"`
	Ended bool             `json:"ended,omitzero"`
	Error *problem.Problem `json:"error,omitzero"` // what the directory refused
}

// openJournal reads what an earlier process kept, forgets what is old, and writes it anew.
func openJournal(folder string, now time.Time) (*journal, error) {
	path := filepath.Join(folder, journalFile)
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, journalProblem(err)
	}
	j := &journal{lines: map[string]entry{}}
	for line := range bytes.Lines(raw) {
		var e entry
		if json.Unmarshal(line, &e) != nil || e.ID == "" {
			continue // torn by a power cut before it was promised: nothing was done by it
		}
		before := j.lines[e.ID]
		if e.Begun.IsZero() {
			e.Begun = before.Begun
		}
		j.lines[e.ID] = e
	}
	var kept bytes.Buffer
	for id, e := range j.lines {
		if now.Sub(e.Begun).Abs() > keptFor {
			delete(j.lines, id)
			continue
		}
		kept.Write(e.line())
	}
	if err := host.WriteState(path, kept.Bytes()); err != nil {
		return nil, journalProblem(err)
	}
	j.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, journalProblem(err)
	}
	return j, nil
}

func (e entry) line() []byte {
	raw, _ := json.Marshal(e) // strings and times
	return append(raw, '\n')
}

func (j *journal) close() error { return j.file.Close() }

// outcome says what became of a command that was begun.
func (j *journal) outcome(id string) (err error, known bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e, known := j.lines[id]
	switch {
	case !known:
		return nil, false
	case !e.Ended:
		return unknownOutcome(), true
	case e.Error != nil:
		return e.Error, true
	}
	return nil, true
}

// begin keeps a command's id on the disk, before anything is done.
func (j *journal) begin(c control.Command) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, there := j.lines[c.ID]; there {
		return ErrPassed
	}
	e := entry{ID: c.ID, Begun: time.Now().UTC()}
	if err := errors.Join(j.write(e), j.file.Sync()); err != nil {
		return journalProblem(err)
	}
	j.lines[c.ID] = e
	j.forget(e.Begun)
	return nil
}

// forget keeps memory bounded.
func (j *journal) forget(now time.Time) {
	if len(j.lines) < maxLines {
		return
	}
	for id, e := range j.lines {
		if now.Sub(e.Begun) > keptFor {
			delete(j.lines, id)
		}
	}
}

// end keeps what came of it. That it cannot is no error: then the outcome is not known to a later process.
func (j *journal) end(id string, outcome error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := entry{ID: id, Begun: j.lines[id].Begun, Ended: true, Error: problem.Of(outcome)}
	if problem.Is(outcome, control.PasswordUnknown) {
		e.Ended, e.Error = false, nil
	}
	j.lines[id] = e
	_ = j.write(e)
}

// write appends a line. What a full disk left of another is ended first, so that it does not take this one with it.
func (j *journal) write(e entry) error {
	line := e.line()
	if j.torn {
		line = append([]byte{'\n'}, line...)
	}
	_, err := j.file.Write(line)
	j.torn = err != nil
	return err
}

func journalProblem(err error) error {
	return &problem.Problem{
		Code: problem.Code(control.StateDamaged), Title: "The agent cannot keep which passwords it has set", Err: err, Op: "keeping a command",
		Text: fmt.Sprintf("%v. So that none is set twice, none was set.", err), Hint: "Check the disk and the rights on the agent's state folder.",
	}
}

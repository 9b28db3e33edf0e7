package explain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"passlysync/agent/mirror"
	"passlysync/pkg/control"
	"passlysync/pkg/directory"
)

// Unread answers from the directory itself, where nothing was read yet: the units and the few entries found go into a mirror
// of their own, in a folder below dir that is removed again, and are explained from it. Who else has a name is not seen.
func Unread(ctx context.Context, reader directory.Reader, dir, name string, scope []directory.GUID, v View) (all []control.Explained, more bool, err error) {
	q, err := Ask(name)
	if err != nil {
		return nil, false, err
	}
	found, err := ask(ctx, reader, name, q)
	if err != nil || len(found) == 0 {
		return nil, false, err
	}
	folder, err := os.MkdirTemp(dir, Folders)
	if err != nil {
		return nil, false, fmt.Errorf("explaining: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	m, err := mirror.Open(ctx, filepath.Join(folder, "mirror.db"), "", func() time.Time { return v.Now })
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	if err := fill(ctx, m, reader, found, scope); err != nil {
		return nil, false, err
	}
	for _, e := range found[:min(len(found), control.MaxExplained)] {
		one, _, err := Explain(ctx, m, mirror.Question{GUID: e.GUID}, v)
		if err != nil {
			return nil, false, err
		}
		for i := range one {
			one[i].Groups, one[i].Members = -1, -1
		}
		all = append(all, one...)
	}
	return all, len(found) > control.MaxExplained, nil
}

// Folders is the pattern of the folders that Unread makes.
const Folders = "explain-*"

// ask finds the entries; one more than are explained, so that it shows when there are more.
func ask(ctx context.Context, reader directory.Reader, name string, q mirror.Question) ([]directory.Entry, error) {
	if !q.GUID.IsZero() {
		return reader.Fetch(ctx, []directory.GUID{q.GUID})
	}
	return reader.Find(ctx, name, control.MaxExplained+1)
}

func fill(ctx context.Context, m *mirror.Mirror, reader directory.Reader, found []directory.Entry, scope []directory.GUID) error {
	units, err := reader.Units(ctx)
	if err != nil {
		return fmt.Errorf("reading the organizational units: %w", err)
	}
	if err := m.SetScope(ctx, scope); err != nil {
		return err
	}
	if err := m.ApplyUnits(ctx, units); err != nil {
		return err
	}
	return m.Apply(ctx, directory.Page{Entries: found})
}

package directorytest

import (
	"fmt"
	"sync"
	"testing"

	"passlysync/pkg/directory"
)

// testMeanwhile holds deltas to missing nothing of what is written while they run: by several writers at once, who hire, join a
// group, rename and delete.
func testMeanwhile(t *testing.T, d Directory, r Reader) {
	const writers, each = 4, 12
	unit := must(d.AddUnit(t.Context(), d.Root(), "Meanwhile"))(t)
	group := must(d.AddGroup(t.Context(), unit, "Meanwhile group"))(t)
	m := &mirror{reader: r}
	m.refresh(t)
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				if err := hire(t, d, unit, group, fmt.Sprintf("Meanwhile %d-%d", w, i), i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { writing.Wait(); close(ended) }()
	for passes := 0; ; passes++ {
		select {
		case <-ended:
			m.refresh(t)
			m.check(t, fmt.Sprintf("%d passes beside %d writers", passes, writers))
			return
		default:
			m.refresh(t)
		}
	}
}

// hire adds somebody, to whom one of several things happens then.
func hire(t *testing.T, d Directory, unit, group directory.GUID, name string, what int) error {
	ctx := t.Context()
	user, err := d.AddUser(ctx, unit, name, set(directory.Mail, "m@example.test"))
	if err != nil {
		return err
	}
	if err := d.AddMember(ctx, group, user); err != nil {
		return err
	}
	switch what % 4 {
	case 0:
		return d.Delete(ctx, user)
	case 1:
		return d.Rename(ctx, user, name+" renamed")
	case 2:
		return d.RemoveMember(ctx, group, user)
	}
	return d.Move(ctx, user, d.Root())
}

package samba_test

import (
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/samba"
)

func TestStart(t *testing.T) {
	begin := time.Now()
	dc := samba.ForTest(t, samba.Options{})
	t.Log(time.Since(begin), dc.URL(), dc.Root())
	ctx := t.Context()
	u, err := dc.AddUnit(ctx, dc.Root(), "Sales, North")
	if err != nil {
		t.Fatal(err)
	}
	p, err := dc.AddUser(ctx, u, "Ann #1", directory.Attribute{Name: "mail", Value: "a@b"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := dc.AddGroup(ctx, u, "G", p)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		dc.RemoveMember(ctx, g, p), dc.AddMember(ctx, g, p), dc.Rename(ctx, u, "South"), dc.Rename(ctx, p, "Bea+=;"), dc.Move(ctx, p, dc.Root()),
		dc.SetDisabled(ctx, p, true), dc.Modify(ctx, p, "mail", ""), dc.Delete(ctx, p), dc.Restore(ctx, p),
	} {
		if err != nil {
			t.Error(err)
		}
	}
}

package service

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/windows/registry"
)

const sourceKey = `SYSTEM\CurrentControlSet\Services\EventLog\Application\` + Name

// TestEventLogKnowsTheSource: without a message file that has a message for each id, an administrator reads that the description
// cannot be found. EventCreate.exe has one for 1 to 1000 (cmd/passly-sync keeps its ids within), in every language the text alone.
func TestEventLogKnowsTheSource(t *testing.T) {
	m, err := Open(Settings{Program: `C:\passly-sync.exe`, State: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Remove(t.Context()) })
	for range 2 { // a source that is there already is no error
		if err := m.Install(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, sourceKey, registry.QUERY_VALUE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = key.Close() }()
	file, kind, err := key.GetStringValue("EventMessageFile")
	if err != nil || kind != registry.EXPAND_SZ {
		t.Fatalf("the message file is %q of kind %d, %v", file, kind, err)
	}
	if whole, err := registry.ExpandString(file); err != nil || !strings.HasSuffix(strings.ToLower(whole), `windows\system32\eventcreate.exe`) {
		t.Errorf("the message file is %q, %v", whole, err)
	}
	if types, _, err := key.GetIntegerValue("TypesSupported"); err != nil || types != 7 {
		t.Errorf("it may report kinds %d, %v; want errors, warnings and information", types, err)
	}
	if err := m.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := registry.OpenKey(registry.LOCAL_MACHINE, sourceKey, registry.QUERY_VALUE); !errors.Is(err, registry.ErrNotExist) {
		t.Errorf("after the removal: %v, want no source", err)
	}
}

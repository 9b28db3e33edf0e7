package ad

import (
	"errors"
	"strings"
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/problem"
)

// sample is an entry as Samba sends it: cn=A with objectGUID, objectClass, an added and a removed member.
func sample() []byte {
	guid := strings.Repeat("G", 16)
	member := "<GUID=0f9f51b9-641e-4560-84d5-44e58a2fd3df>;<SID=S-1-5-32-1>;CN=M,DC=x"
	attributes := tlv(0x30, attr("objectGUID", guid)+attr("objectClass", "top", "group")+
		attr("member;range=1-1", member)+attr("MEMBER;range=0-0", member)+attr("description")+attr("unknown", "x"))
	return []byte(tlv(0x04, "<GUID="+strings.Repeat("47", 16)+">;CN=A,DC=x") + attributes)
}

func attr(name string, values ...string) string {
	set := ""
	for _, v := range values {
		set += tlv(0x04, v)
	}
	return tlv(0x30, tlv(0x04, name)+tlv(0x31, set))
}

func tlv(tag byte, content string) string {
	return string([]byte{tag, 0x82, byte(len(content) >> 8), byte(len(content))}) + content
}

func TestDecodeSample(t *testing.T) {
	e, err := (&decoder{incremental: true}).decode(sample())
	if err != nil {
		t.Fatal(err)
	}
	member, _ := directory.ParseGUID("0f9f51b9-641e-4560-84d5-44e58a2fd3df")
	if e.DN != "CN=A,DC=x" || e.Kind != directory.KindGroup || len(e.Members) != 1 || e.Members[0] != member ||
		len(e.MembersGone) != 1 || len(e.Attributes) != 1 || e.Attributes[0].Value != "" {
		t.Errorf("got %+v", e)
	}
}

func TestKinds(t *testing.T) {
	for name, c := range map[string]struct {
		classes  []string
		critical bool
		control  string
		want     directory.Kind
	}{
		"a person":                  {[]string{"top", "person", "user"}, false, "512", directory.KindUser},
		"a disabled person":         {[]string{"user"}, false, "514", directory.KindUser},
		"krbtgt":                    {[]string{"user"}, true, "514", directory.KindOther},
		"a computer":                {[]string{"user", "computer"}, false, "4096", directory.KindOther},
		"a trust":                   {[]string{"user"}, false, "2080", directory.KindOther},
		"a managed service account": {[]string{"user", "computer", "msDS-GroupManagedServiceAccount"}, false, "4096", directory.KindOther},
		"a group":                   {[]string{"top", "group"}, false, "", directory.KindGroup},
		"Domain Admins":             {[]string{"group"}, true, "", directory.KindOther},
		"a unit":                    {[]string{"organizationalUnit"}, false, "", directory.KindUnit},
		"CN=Users":                  {[]string{"top", "container"}, true, "", directory.KindUnit},
		"the domain":                {[]string{"domain", "domainDNS"}, true, "", directory.KindUnit},
		"a contact":                 {[]string{"contact"}, false, "", directory.KindOther},
	} {
		var all classes
		for _, class := range c.classes {
			all |= classOf(class)
		}
		if got := all.kind(c.critical, c.control); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestRanges(t *testing.T) {
	for option, want := range map[string]int{
		"range=0-1499": 1500, "range=1500-*": 0, "range=0-0": 1,
		"range=": -1, "range=5": -1, "range=9-3": -1, "range=-1-3": -1, "binary": -1, "range=0-99999999999999999999": -1,
	} {
		got, err := nextOfRange(option)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%s: got %d, want %d", option, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample())
	f.Add([]byte{})
	f.Add([]byte("\x04\x84\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, message []byte) {
		e, err := (&decoder{incremental: true}).decode(message)
		switch {
		case err == nil && e.GUID.IsZero():
			t.Error("an entry without identity was let through")
		case err != nil && !problem.Is(err, directory.AnswerWrong):
			t.Errorf("got %v, want a problem of code %s", err, directory.AnswerWrong)
		}
	})
}

func FuzzExtendedDN(f *testing.F) {
	f.Add("<GUID=0f9f51b9-641e-4560-84d5-44e58a2fd3df>;<SID=S-1-5-32-1>;CN=M,DC=x")
	f.Add("<GUID=b9519f0f1e64604584d544e58a2fd3df>;CN=M")
	f.Add("<<GUID=>>;;<")
	f.Fuzz(func(t *testing.T, value string) {
		id, dn := splitExtended(value)
		if !strings.HasSuffix(value, dn) {
			t.Errorf("%q has the DN %q", value, dn)
		}
		if !id.IsZero() && !strings.Contains(value, "GUID=") {
			t.Errorf("%q has the GUID %s", value, id)
		}
	})
}

func FuzzGUIDText(f *testing.F) {
	f.Add("0f9f51b9-641e-4560-84d5-44e58a2fd3df")
	f.Add("0F9F51B9641E456084D544E58A2FD3DF")
	f.Fuzz(func(t *testing.T, text string) {
		got := guidFromText(text)
		want, err := directory.ParseGUID(text)
		if len(text) == 36 && (err == nil) && got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
		if len(text) == 36 && err != nil && !got.IsZero() {
			t.Errorf("%q is no GUID and became %s", text, got)
		}
	})
}

func FuzzCursor(f *testing.F) {
	s := &session{}
	f.Add(s.cursor([]byte("cookie")).Opaque)
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, opaque []byte) {
		cookie, err := s.cookie(directory.Cursor{Opaque: opaque})
		if err != nil && !errors.Is(err, directory.ErrCursorRefused) {
			t.Errorf("got %v, want a refused cursor", err)
		}
		if err == nil && len(opaque) > 0 && string(s.cursor(cookie).Opaque) != string(opaque) {
			t.Error("a cursor that was taken does not come out again")
		}
	})
}

func FuzzOperation(f *testing.F) {
	f.Add([]byte("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"))
	f.Fuzz(func(_ *testing.T, message []byte) {
		_, _, _ = operation(message)
		_ = startTLSGranted(message)
		_, _ = rowOf(string(message))
	})
}

// TestCostOfAnEntry pins what decoding allocates: the message's copy, and nothing for each attribute.
func TestCostOfAnEntry(t *testing.T) {
	message := []byte(tlv(0x04, "CN=A,DC=x") + tlv(0x30, attr("objectGUID", strings.Repeat("G", 16))+attr("objectClass", "top", "user")+
		attr("name", "A")+attr("mail", "a@example.test")+attr("givenName", "A")+attr("sn", "B")+attr("userAccountControl", "512")))
	d := decoder{room: make([]directory.Attribute, 0, 1<<16)}
	got := testing.AllocsPerRun(1000, func() {
		if _, err := d.decode(message); err != nil {
			t.Fatal(err)
		}
	})
	if got > 1 {
		t.Errorf("got %v allocations an entry, want 1", got)
	}
}

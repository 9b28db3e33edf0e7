package descriptor_test

import (
	"encoding/base64"
	"encoding/binary"
	"testing"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/descriptor"
)

var (
	resetPassword = guid("00299570-246d-11d0-a768-00aa006e0529")
	otherRight    = guid("ab721a53-1e2f-11d0-9819-00aa0040529b")
	userClass     = guid("bf967aba-0de6-11d0-a285-00aa003049e2")
	groupClass    = guid("bf967a9c-0de6-11d0-a285-00aa003049e2")
	sync          = descriptor.SID("\x01\x02\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00\x50\x04\x00\x00")
	team          = sync.Sibling(1200)
	stranger      = sync.Sibling(1300)
)

func guid(text string) directory.GUID {
	id, err := directory.ParseGUID(text)
	if err != nil {
		panic(err)
	}
	return id
}

// rule writes an access control entry; an object rule where it has an object or a class.
func rule(r descriptor.Rule) []byte {
	kind, flags := byte(0), uint32(0)
	var middle []byte
	if r.Deny {
		kind = 1
	}
	if !r.Object.IsZero() {
		flags, middle = flags|1, append(middle, r.Object[:]...)
	}
	if !r.Class.IsZero() {
		flags, middle = flags|2, append(middle, r.Class[:]...)
	}
	if flags != 0 {
		kind, middle = kind+5, append(binary.LittleEndian.AppendUint32(nil, flags), middle...)
	}
	b := binary.LittleEndian.AppendUint16([]byte{kind, r.Flags}, uint16(8+len(middle)+len(r.SID)))
	b = append(binary.LittleEndian.AppendUint32(b, r.Mask), middle...)
	return append(b, r.SID...)
}

func written(rules ...descriptor.Rule) []byte {
	var list []byte
	for _, r := range rules {
		list = append(list, rule(r)...)
	}
	b := []byte{1, 0, 0x04, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 4, 0}
	b = binary.LittleEndian.AppendUint16(b, uint16(8+len(list)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(rules)))
	return append(append(b, 0, 0), list...)
}

func TestTheFirstRuleThatSpeaksDecides(t *testing.T) {
	const control = descriptor.ControlAccess
	token := descriptor.NewToken(sync, team)
	type rules = []descriptor.Rule
	for name, c := range map[string]struct {
		rules rules
		want  descriptor.Verdict
	}{
		"nothing":                        {nil, descriptor.Silent},
		"granted":                        {rules{{Mask: control, Object: resetPassword, SID: sync}}, descriptor.Allowed},
		"granted to a group":             {rules{{Mask: control, Object: resetPassword, SID: team}}, descriptor.Allowed},
		"granted to everybody":           {rules{{Mask: control, Object: resetPassword, SID: descriptor.Everyone}}, descriptor.Allowed},
		"granted to who signed in":       {rules{{Mask: control, Object: resetPassword, SID: descriptor.AuthenticatedUsers}}, descriptor.Allowed},
		"granted to a stranger":          {rules{{Mask: control, Object: resetPassword, SID: stranger}}, descriptor.Silent},
		"another right":                  {rules{{Mask: control, Object: otherRight, SID: sync}}, descriptor.Silent},
		"all extended rights":            {rules{{Mask: control, SID: sync}}, descriptor.Allowed},
		"full control":                   {rules{{Mask: 0x000f01ff, SID: sync}}, descriptor.Allowed},
		"generic all":                    {rules{{Mask: 0x10000000, SID: sync}}, descriptor.Allowed},
		"generic read and write":         {rules{{Mask: 0xc0000000, SID: sync}}, descriptor.Silent},
		"only reading":                   {rules{{Mask: descriptor.ReadProperty, SID: sync}}, descriptor.Silent},
		"for children only":              {rules{{Mask: control, Flags: 0x0a, Object: resetPassword, SID: sync}}, descriptor.Silent},
		"inherited, with its class":      {rules{{Mask: control, Flags: 0x12, Object: resetPassword, Class: userClass, SID: sync}}, descriptor.Allowed},
		"denied before granted":          {rules{{Deny: true, Mask: control, Object: resetPassword, SID: team}, {Mask: control, SID: sync}}, descriptor.Denied},
		"granted before denied":          {rules{{Mask: control, Object: resetPassword, SID: sync}, {Deny: true, Mask: control, SID: team}}, descriptor.Allowed},
		"another right denied":           {rules{{Deny: true, Mask: control, Object: otherRight, SID: sync}, {Mask: control, SID: sync}}, descriptor.Allowed},
		"all extended rights denied":     {rules{{Deny: true, Mask: control, SID: sync}, {Mask: control, Object: resetPassword, SID: sync}}, descriptor.Denied},
		"denied for children only":       {rules{{Deny: true, Flags: 0x0a, Mask: control, SID: sync}, {Mask: control, SID: sync}}, descriptor.Allowed},
		"generic all denied":             {rules{{Deny: true, Mask: 0x10000000, SID: sync}, {Mask: control, SID: sync}}, descriptor.Denied},
		"denied to a stranger, then not": {rules{{Deny: true, Mask: control, SID: stranger}, {Mask: control, SID: sync}}, descriptor.Allowed},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := descriptor.Parse(written(c.rules...))
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Check(token, control, resetPassword); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestWhatChildrenInherit(t *testing.T) {
	token := descriptor.NewToken(sync)
	for name, c := range map[string]struct {
		rule descriptor.Rule
		want descriptor.Verdict
	}{
		"for users below":  {descriptor.Rule{Flags: 0x0a, Class: userClass}, descriptor.Allowed},
		"for all below":    {descriptor.Rule{Flags: 0x02}, descriptor.Allowed},
		"for groups below": {descriptor.Rule{Flags: 0x0a, Class: groupClass}, descriptor.Silent},
		"not for below":    {descriptor.Rule{}, descriptor.Silent},
	} {
		t.Run(name, func(t *testing.T) {
			c.rule.Mask, c.rule.Object, c.rule.SID = descriptor.ControlAccess, resetPassword, sync
			d, err := descriptor.Parse(written(c.rule))
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Below(userClass).Check(token, descriptor.ControlAccess, resetPassword); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestNoListLetsEverybody(t *testing.T) {
	d, err := descriptor.Parse([]byte{1, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	if err != nil || d.Check(descriptor.NewToken(), descriptor.ControlAccess, resetPassword) != descriptor.Allowed {
		t.Errorf("got %+v, %v; want one that allows", d, err)
	}
}

func TestSID(t *testing.T) {
	const text = "S-1-5-21-1104"
	if got := sync.String(); got != text {
		t.Errorf("got %s, want %s", got, text)
	}
	if got := descriptor.Everyone.String(); got != "S-1-1-0" {
		t.Errorf("got %s", got)
	}
	if full := sync[:1] + "\x05" + sync[2:12] + "\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00" + sync[12:]; !full.OfDomain() || descriptor.Everyone.OfDomain() {
		t.Errorf("%s is of a domain: %v; everyone is: %v", full, full.OfDomain(), descriptor.Everyone.OfDomain())
	}
	for name, b := range map[string]string{
		"empty": "", "short": string(sync[:7]), "long": string(sync + "x"), "cut": string(sync[:11]), "version 2": "\x02" + string(sync[1:]),
		"sixteen parts": "\x01\x10" + string(make([]byte, 70)),
	} {
		if sid, err := descriptor.ParseSID([]byte(b)); err == nil {
			t.Errorf("%s: got %s, want an error", name, sid)
		}
	}
}

// real is the list that Samba 4.17 gives a new user: 17 rules of both kinds.
const real = "AQAEhAAAAAAAAAAAAAAAABQAAAAEABwILQAAAAAAJAD/AQ8AAQUAAAAAAAUVAAAAwbLS1+Dmj4fD/BHEAAIAAAAAFAD/AQ8AAQEAAAAAAAUSAA" +
	"AAAAAYAP8BDwABAgAAAAAABSAAAAAkAgAAAAAUAJQAAgABAQAAAAAABQoAAAAFACgAAAEAAAEAAABTGnKrLx7QEZgZAKoAQFKbAQEAAAAAAAUK" +
	"AAAABQAoAAABAAABAAAAVBpyqy8e0BGYGQCqAEBSmwEBAAAAAAAFCgAAAAUAKAAAAQAAAQAAAFYacqsvHtARmBkAqgBAUpsBAQAAAAAABQoAAA" +
	"AFACgAMAAAAAEAAACGuLV3SpTREa69AAD4A2fBAQEAAAAAAAUKAAAABQAoADAAAAABAAAAspVX5FWU0RGuvQAA+ANnwQEBAAAAAAAFCgAAAAUA" +
	"KAAwAAAAAQAAALOVV+RVlNERrr0AAPgDZ8EBAQAAAAAABQoAAAAFADgAEAAAAAEAAAD4iHAD4QrSEbQiAKDJaPk5AQUAAAAAAAUVAAAAwbLS1+" +
	"Dmj4fD/BHEKQIAAAUAOAAQAAAAAQAAAABCFkzAINARp2gAqgBuBSkBBQAAAAAABRUAAADBstLX4OaPh8P8EcQpAgAABQA4ABAAAAABAAAAQMIK" +
	"vKl50BGQIADAT8LUzwEFAAAAAAAFFQAAAMGy0tfg5o+Hw/wRxCkCAAAAABQAAAACAAEBAAAAAAAFCwAAAAUAKAAQAAAAAQAAAEIvulmiedARkC" +
	"AAwE/C088BAQAAAAAABQsAAAAFACgAEAAAAAEAAACGuLV3SpTREa69AAD4A2fBAQEAAAAAAAULAAAABQAoABAAAAABAAAAs5VX5FWU0RGuvQAA" +
	"+ANnwQEBAAAAAAAFCwAAAAUAKAAQAAAAAQAAAFQBjeT4vNERhwIAwE+5YFABAQAAAAAABQsAAAAFACgAAAEAAAEAAABTGnKrLx7QEZgZAKoAQF" +
	"KbAQEAAAAAAAEAAAAABQA4ABAAAAABAAAAECAgX6V50BGQIADAT8LUzwEFAAAAAAAFFQAAAMGy0tfg5o+Hw/wRxCkCAAAFADgAMAAAAAEAAAB/" +
	"epa/5g3QEaKFAKoAMEniAQUAAAAAAAUVAAAAwbLS1+Dmj4fD/BHEBQIAAAUALAAQAAAAAQAAAB2xqUauYFpAt+j/iljUVtIBAgAAAAAABSAAAA" +
	"AwAgAABQAsADAAAAABAAAAHJq2bSKU0RGuvQAA+ANnwQECAAAAAAAFIAAAADECAAAFACwAMAAAAAEAAABivAVYyb0oRKXihWoPTBheAQIAAAAA" +
	"AAUgAAAAMQIAAAUSSAAAAQAAAwAAAHCVKQBtJNARp2gAqgBuBSm6epa/5g3QEaKFAKoAMEniAQUAAAAAAAUVAAAAwbLS1+Dmj4fD/BHETgQAAA" +
	"UaPAAQAAAAAwAAAABCFkzAINARp2gAqgBuBSkUzChINxS8RZsHrW8BXl8oAQIAAAAAAAUgAAAAKgIAAAUSPAAQAAAAAwAAAABCFkzAINARp2gA" +
	"qgBuBSm6epa/5g3QEaKFAKoAMEniAQIAAAAAAAUgAAAAKgIAAAUaPAAQAAAAAwAAABAgIF+ledARkCAAwE/C1M8UzChINxS8RZsHrW8BXl8oAQ" +
	"IAAAAAAAUgAAAAKgIAAAUSPAAQAAAAAwAAABAgIF+ledARkCAAwE/C1M+6epa/5g3QEaKFAKoAMEniAQIAAAAAAAUgAAAAKgIAAAUaPAAQAAAA" +
	"AwAAAEDCCrypedARkCAAwE/C1M8UzChINxS8RZsHrW8BXl8oAQIAAAAAAAUgAAAAKgIAAAUSPAAQAAAAAwAAAEDCCrypedARkCAAwE/C1M+6ep" +
	"a/5g3QEaKFAKoAMEniAQIAAAAAAAUgAAAAKgIAAAUaPAAQAAAAAwAAAEIvulmiedARkCAAwE/C088UzChINxS8RZsHrW8BXl8oAQIAAAAAAAUg" +
	"AAAAKgIAAAUSPAAQAAAAAwAAAEIvulmiedARkCAAwE/C08+6epa/5g3QEaKFAKoAMEniAQIAAAAAAAUgAAAAKgIAAAUaPAAQAAAAAwAAAPiIcA" +
	"PhCtIRtCIAoMlo+TkUzChINxS8RZsHrW8BXl8oAQIAAAAAAAUgAAAAKgIAAAUSPAAQAAAAAwAAAPiIcAPhCtIRtCIAoMlo+Tm6epa/5g3QEaKF" +
	"AKoAMEniAQIAAAAAAAUgAAAAKgIAAAUaOAAQAAAAAwAAAG2exrfHLNIRhU4AoMmD9giGepa/5g3QEaKFAKoAMEniAQEAAAAAAAUJAAAABRo4AB" +
	"AAAAADAAAAbZ7Gt8cs0hGFTgCgyYP2CJx6lr/mDdARooUAqgAwSeIBAQAAAAAABQkAAAAFEjgAEAAAAAMAAABtnsa3xyzSEYVOAKDJg/YIunqW" +
	"v+YN0BGihQCqADBJ4gEBAAAAAAAFCQAAAAUaLACUAAIAAgAAABTMKEg3FLxFmwetbwFeXygBAgAAAAAABSAAAAAqAgAABRosAJQAAgACAAAAnH" +
	"qWv+YN0BGihQCqADBJ4gECAAAAAAAFIAAAACoCAAAFEiwAlAACAAIAAAC6epa/5g3QEaKFAKoAMEniAQIAAAAAAAUgAAAAKgIAAAUSKAAwAQAA" +
	"AQAAAN5H5pFv2XBLlVfWP/TzzNgBAQAAAAAABQoAAAAAEiQA/wEPAAEFAAAAAAAFFQAAAMGy0tfg5o+Hw/wRxAcCAAAAEhgABAAAAAECAAAAAA" +
	"AFIAAAACoCAAAAEhgAvQEPAAECAAAAAAAFIAAAACACAAA="

func FuzzParse(f *testing.F) {
	b, err := base64.StdEncoding.DecodeString(real)
	if err != nil {
		f.Fatal(err)
	}
	if d, err := descriptor.Parse(b); err != nil || len(d.Rules) < 10 {
		f.Fatalf("Samba's own: got %d rules, %v", len(d.Rules), err)
	}
	f.Add(b)
	f.Add([]byte{})
	f.Add(written())
	f.Add(written(descriptor.Rule{Mask: 0x100, Object: resetPassword, Class: userClass, SID: sync}, descriptor.Rule{Deny: true, Mask: 1, SID: team}))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := descriptor.Parse(b)
		if err != nil && len(d.Rules) > 0 {
			t.Errorf("rules beside the error %v", err)
		}
		d.Check(descriptor.NewToken(sync), descriptor.ControlAccess, resetPassword)
		for _, r := range d.Rules {
			if again, err := descriptor.ParseSID([]byte(r.SID)); err != nil || again != r.SID || r.SID.String() == "" {
				t.Errorf("a rule for %q: %v", r.SID, err)
			}
		}
	})
}

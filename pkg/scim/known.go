package scim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Known is what a client needs of a resource that an endpoint has, user or group. It is read as services in the field write it: names
// of attributes in any case (RFC 7643 §2.1), booleans and numbers as text, and whatever they like in what is not asked for.
type Known struct {
	ID          string
	ExternalID  string
	UserName    string
	DisplayName string
	GivenName   string
	FamilyName  string
	Mail        string // the primary one, else that of work, else the first
	Passly      Passly
	Active      bool // true as well where it is not said: who is taken for disabled by mistake would never be disabled
	ActiveSaid  bool
	Members     []string
}

// ReadKnown reads a resource.
func ReadKnown(raw []byte) (Known, error) {
	var told struct {
		ID          word      `json:"id"`
		ExternalID  word      `json:"externalId"`
		UserName    word      `json:"userName"`
		DisplayName word      `json:"displayName"`
		Active      *yes      `json:"active"`
		Name        lax[name] `json:"name"`
		Emails      lax[[]email]
		Members     lax[[]member]
		Passly      lax[Passly] `json:"urn:passly:params:scim:schemas:extension:directory:2.0:User"`
	}
	if err := json.Unmarshal(raw, &told); err != nil || !isObject(raw) {
		return Known{}, fmt.Errorf("reading a resource: %w", orNoObject(err))
	}
	k := Known{
		ID: string(told.ID), ExternalID: string(told.ExternalID), UserName: string(told.UserName), DisplayName: string(told.DisplayName),
		GivenName: string(told.Name.value.GivenName), FamilyName: string(told.Name.value.FamilyName), Passly: told.Passly.value,
		Active: told.Active == nil || bool(*told.Active), ActiveSaid: told.Active != nil, Mail: mailOf(told.Emails.value),
	}
	for _, one := range told.Members.value {
		k.Members = append(k.Members, string(one.Value))
	}
	return k, nil
}

func mailOf(all []email) string {
	primary := func(e email) bool { return bool(e.Primary) }
	ofWork := func(e email) bool { return strings.EqualFold(string(e.Type), "work") }
	for _, is := range []func(email) bool{primary, ofWork} {
		if at := slices.IndexFunc(all, is); at >= 0 {
			return string(all[at].Value)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return string(all[0].Value)
}

type name struct {
	GivenName  word `json:"givenName"`
	FamilyName word `json:"familyName"`
}

type email struct {
	Value   word `json:"value"`
	Type    word `json:"type"`
	Primary yes  `json:"primary"`
}

type member struct {
	Value word `json:"value"`
}

// lax is a value that is passed over where it is not of the kind that is expected.
type lax[T any] struct{ value T }

// UnmarshalJSON implements json.Unmarshaler.
func (l *lax[T]) UnmarshalJSON(raw []byte) error {
	var value T
	if json.Unmarshal(raw, &value) == nil {
		l.value = value
	}
	return nil
}

// word is text, or what services write instead.
type word string

// UnmarshalJSON implements json.Unmarshaler.
func (w *word) UnmarshalJSON(raw []byte) error {
	var text string
	var number json.Number
	switch {
	case json.Unmarshal(raw, &text) == nil:
		*w = word(text)
	case json.Unmarshal(raw, &number) == nil:
		*w = word(number)
	default:
		*w = ""
	}
	return nil
}

// yes is a boolean, also as text.
type yes bool

// UnmarshalJSON implements json.Unmarshaler.
func (y *yes) UnmarshalJSON(raw []byte) error {
	*y = yes(strings.EqualFold(strings.Trim(string(raw), `"`), "true"))
	return nil
}

// count is a number, also as text; negative: none was said.
type count int

// UnmarshalJSON implements json.Unmarshaler.
func (c *count) UnmarshalJSON(raw []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	if err != nil || n < 0 {
		n = unsaid
	}
	*c = count(n)
	return nil
}

const unsaid = -1

func isObject(raw []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) }

func orNoObject(err error) error {
	if err == nil {
		err = fmt.Errorf("it is no object")
	}
	return err
}

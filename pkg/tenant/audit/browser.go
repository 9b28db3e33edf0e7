package audit

import (
	"context"
	"strings"

	"passlysync/pkg/tenant"
)

// Visiting gives the context of a request whose sender is not proven yet: from a network address, with what its
// User-Agent header says.
func Visiting(ctx context.Context, from, userAgent string) context.Context {
	return As(ctx, Actor{Kind: Nobody, From: AddressOf(from), Browser: Browser(userAgent)})
}

// BeingAdministrator and BeingPerson give who the context's visitor has proven to be.
func BeingAdministrator(ctx context.Context, a tenant.Administrator) Actor {
	return being(ctx, Administrator, a.ID, a.Email)
}

// BeingPerson is the same for a person.
func BeingPerson(ctx context.Context, u tenant.User) Actor {
	return being(ctx, Person, u.ID, u.ShownName())
}

func being(ctx context.Context, kind ActorKind, id tenant.ID, name string) Actor {
	visitor := By(ctx)
	if visitor.Kind == kind && visitor.ID == id {
		return visitor // and by what, where that was said
	}
	return Actor{Kind: kind, ID: id, Name: name, From: visitor.From, Browser: visitor.Browser}
}

// Browser says in words which program a User-Agent header (RFC 9110 §10.1.5) tells of. Browsers claim to be each other, so
// the order counts; who claims nothing known is called by the first word.
func Browser(userAgent string) string {
	name, system := firstOf(userAgent, "Edg", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "FxiOS/", "Firefox", "passly-sync", "passly-sync",
		"Chrome/", "Chrome", "CriOS/", "Chrome", "Safari/", "Safari"),
		firstOf(userAgent, "Windows", "Windows", "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case name == "" && userAgent == "":
		return "an unknown program"
	case name == "":
		name, _, _ = strings.Cut(userAgent, " ")
		return cut(name)
	case system == "":
		return name
	}
	return name + " on " + system
}

// firstOf takes pairs of mark and word.
func firstOf(text string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.Contains(text, pairs[i]) {
			return pairs[i+1]
		}
	}
	return ""
}

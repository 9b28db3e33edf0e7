package ad

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"passlysync/pkg/directory/sasl"
)

// maxSteps bounds an exchange: Kerberos takes three, what Windows negotiates at most four.
const maxSteps = 8

// Tags of a bind response (RFC 4511 §4.2.2).
const (
	tagEnumerated   = 0x0a
	tagBindResponse = 0x61
	tagServerCreds  = 0x87
)

// bindBySASL signs in. It is done here and not by go-ldap because the layer has to begin with the first byte behind the last
// response: nothing reads ahead, and nothing else is on its way.
func bindBySASL(ctx context.Context, conn net.Conn, mechanism sasl.Mechanism) error {
	defer limited(ctx, conn)()
	var challenge []byte
	for id := int64(1); id <= maxSteps; id++ {
		response, done, err := mechanism.Step(challenge)
		if err != nil {
			return err
		}
		var more bool
		if challenge, more, err = askBind(conn, id, mechanism.Name(), response); err != nil {
			return err
		}
		if !more {
			return ended(mechanism, challenge, done)
		}
	}
	return errors.New("the server does not end the sign-in")
}

// limited bounds what is read and written by ctx's end; it gives what lifts that again.
func limited(ctx context.Context, conn net.Conn) (lift func()) {
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	return func() { _ = conn.SetDeadline(time.Time{}) }
}

// ended accepts the server's success only where the mechanism is at its end as well, which a last challenge may bring it to.
func ended(mechanism sasl.Mechanism, challenge []byte, done bool) error {
	if !done && len(challenge) > 0 {
		_, last, err := mechanism.Step(challenge)
		if err != nil {
			return err
		}
		done = last
	}
	if !done {
		return &sasl.Violation{What: "the server says that the sign-in succeeded before it proved who it is"}
	}
	return nil
}

// askBind sends one bind request and reads its response: the server's challenge, and whether it waits for more.
func askBind(conn net.Conn, id int64, mechanism string, credentials []byte) (challenge []byte, more bool, err error) {
	if _, err := conn.Write(bindRequest(id, mechanism, credentials)); err != nil {
		return nil, false, unreachable("signing in to the directory", err)
	}
	answer, err := readUnbuffered(conn)
	if err != nil {
		return nil, false, unreachable("signing in to the directory", err)
	}
	tag, content, err := operation(answer)
	if err != nil || tag != tagBindResponse {
		return nil, false, wrong("the answer to a bind is none")
	}
	return bindResponse(content)
}

// bindRequest is RFC 4511 §4.2 with SASL credentials.
func bindRequest(id int64, mechanism string, credentials []byte) []byte {
	message := ber.NewSequence("LDAP message")
	message.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, "id"))
	bind := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationBindRequest, nil, "bind")
	bind.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 3, "version"))
	bind.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", "name"))
	choice := ber.Encode(ber.ClassContext, ber.TypeConstructed, 3, nil, "sasl")
	choice.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, mechanism, "mechanism"))
	if credentials != nil {
		choice.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, string(credentials), "credentials"))
	}
	bind.AppendChild(choice)
	message.AppendChild(bind)
	return message.Bytes()
}

// bindResponse reads the content of a bind response; any other result than success and saslBindInProgress is an error.
func bindResponse(content []byte) (challenge []byte, more bool, err error) {
	result, rest, err := expect(tagEnumerated, content)
	if err != nil || len(result) != 1 {
		return nil, false, wrong("a bind response without a result")
	}
	_, rest, err = expect(tagOctetString, rest)
	if err != nil {
		return nil, false, wrong("a bind response: %w", err)
	}
	diagnostic, rest, err := expect(tagOctetString, rest)
	if err != nil {
		return nil, false, wrong("a bind response: %w", err)
	}
	switch code := uint16(result[0]); code {
	case ldap.LDAPResultSuccess, ldap.LDAPResultSaslBindInProgress:
		challenge, err = serverCredentials(rest)
		return challenge, code == ldap.LDAPResultSaslBindInProgress, err
	default:
		return nil, false, ldap.NewError(code, fmt.Errorf("%s", diagnostic))
	}
}

func serverCredentials(rest []byte) ([]byte, error) {
	for len(rest) > 0 {
		tag, content, after, err := element(rest)
		if err != nil {
			return nil, wrong("a bind response: %w", err)
		}
		if tag == tagServerCreds {
			return content, nil
		}
		rest = after
	}
	return nil, nil
}

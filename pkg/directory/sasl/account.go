package sasl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// Account is who signs in, with a password or else a keytab.
type Account struct {
	Name     string // user principal name, DOMAIN\name, or the name alone
	Password string
	Keytab   []byte // the content of a keytab file; counts where there is no password
}

// Service is what is signed in to.
type Service struct {
	Name  string // such as ldap/dc1.example.test
	Realm string // the domain's DNS name
	KDC   string // address of its key distribution centre, which every domain controller is, with port
}

// principal is the name by which the domain knows the account. A user principal name with a suffix of its own is left to the domain
// (an enterprise name, RFC 6806 §5).
func (a Account) principal(realm string) types.PrincipalName {
	name, suffix, found := strings.Cut(a.Name, "@")
	switch {
	case found && !strings.EqualFold(suffix, realm):
		return types.PrincipalName{NameType: nametype.KRB_NT_ENTERPRISE, NameString: []string{a.Name}}
	case !found:
		name = name[strings.LastIndexByte(name, '\\')+1:]
	}
	return types.PrincipalName{NameType: nametype.KRB_NT_PRINCIPAL, NameString: []string{name}}
}

// exchange is a talk with a key distribution centre.
type exchange struct {
	who    Account
	client types.PrincipalName
	realm  string
	config *config.Config
	ask    func(ctx context.Context, message []byte) ([]byte, error)
}

// lifetime is how long tickets are asked for: for one sign-in.
const lifetime = 10 * time.Minute

func (a Account) exchange(s Service) exchange {
	c := config.New()
	c.LibDefaults.DefaultTktEnctypeIDs, c.LibDefaults.DefaultTGSEnctypeIDs = strengths, strengths
	c.LibDefaults.TicketLifetime, c.LibDefaults.RenewLifetime = lifetime, 0
	c.LibDefaults.Forwardable, c.LibDefaults.Proxiable, c.LibDefaults.NoAddresses = false, false, true
	realm := strings.ToUpper(s.Realm)
	return exchange{a, a.principal(s.Realm), realm, c, kdc(s.KDC).ask}
}

// ticket proves the account to the key distribution centre and gets a ticket for a service.
func (a Account) ticket(ctx context.Context, s Service) (*ticket, error) {
	e := a.exchange(s)
	granting, err := e.grantingTicket(ctx)
	if err != nil {
		return nil, err
	}
	return e.serviceTicket(ctx, granting, s.Name)
}

// ErrNoProofAsked is an account of which the domain gives tickets to anybody, for guessing its password by (pre-authentication is off).
var ErrNoProofAsked = errors.New("the domain gives tickets of the account without a proof")

// grantingTicket is the first half (RFC 4120 §3.1): the centre says how the account's key is made, then the account proves that it
// has the key by the time encrypted with it.
func (e exchange) grantingTicket(ctx context.Context) (*ticket, error) {
	request, err := messages.NewASReqForTGT(e.realm, e.config, e.client)
	if err != nil {
		return nil, err
	}
	_, err = e.asked(ctx, &request)
	var no *KerberosError
	if err == nil { // the account is excused from it; whoever asks may guess at what comes then
		return nil, ErrNoProofAsked
	}
	if !errors.As(err, &no) || no.Code != PreAuthRequired {
		return nil, err
	}
	key, err := e.who.key(e.client, e.realm, no.data)
	if err != nil {
		return nil, err
	}
	if err := prove(&request, key); err != nil {
		return nil, err
	}
	raw, err := e.asked(ctx, &request)
	if err != nil {
		return nil, err
	}
	return e.granted(request, raw, key)
}

type marshaler interface{ Marshal() ([]byte, error) }

func (e exchange) asked(ctx context.Context, request marshaler) ([]byte, error) {
	raw, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	answer, err := e.ask(ctx, raw)
	if err != nil {
		return nil, err
	}
	if len(answer) > 0 && answer[0] == tagError {
		return nil, guarded("the key distribution centre's refusal", func() error { return refusedWith(answer) })
	}
	return answer, nil
}

// granted reads the centre's answer. Only who knows the account's key can have written it.
func (e exchange) granted(request messages.ASReq, raw []byte, key types.EncryptionKey) (granting *ticket, err error) {
	return granting, guarded("the key distribution centre's answer", func() error {
		var reply messages.ASRep
		if err := reply.Unmarshal(raw); err != nil {
			return err
		}
		plain, err := decrypt(key, reply.EncPart, keyusage.AS_REP_ENCPART)
		if err != nil {
			return violation("the key distribution centre does not know the account's key")
		}
		granting, err = e.read(reply.KDCRepFields, plain, request.ReqBody.Nonce, request.ReqBody.SName)
		return err
	})
}

// serviceTicket is the second half (RFC 4120 §3.3).
func (e exchange) serviceTicket(ctx context.Context, granting *ticket, service string) (t *ticket, err error) {
	host, name, found := strings.Cut(service, "/")
	if !found {
		return nil, fmt.Errorf("%q is no service's name", service)
	}
	spn := types.PrincipalName{NameType: nametype.KRB_NT_SRV_INST, NameString: []string{host, name}}
	request, err := messages.NewTGSReq(granting.client, e.realm, e.config, granting.ticket, granting.key, spn, false)
	if err != nil {
		return nil, err
	}
	raw, err := e.asked(ctx, &request)
	if err != nil {
		return nil, err
	}
	return t, guarded("the key distribution centre's answer", func() error {
		var reply messages.TGSRep
		if err := reply.Unmarshal(raw); err != nil {
			return err
		}
		plain, err := decrypt(granting.key, reply.EncPart, keyusage.TGS_REP_ENCPART_SESSION_KEY)
		if err != nil {
			return violation("the ticket for the domain controller was altered")
		}
		t, err = e.read(reply.KDCRepFields, plain, request.ReqBody.Nonce, spn)
		return err
	})
}

// read checks that an answer is to what was asked, and not to another request (RFC 4120 §3.1.5), and of who asked: whoever stands in
// for the centre could hand out a ticket of somebody else's, which the service takes. An enterprise name is another than the account's
// own, so that only its realm can be held to.
func (e exchange) read(reply messages.KDCRepFields, plain []byte, nonce int, service types.PrincipalName) (*ticket, error) {
	var said messages.EncKDCRepPart
	if err := said.Unmarshal(plain); err != nil {
		return nil, err
	}
	if said.Nonce != nonce {
		return nil, violation("the key distribution centre's answer belongs to another request")
	}
	if !strings.EqualFold(reply.CRealm, e.realm) || e.client.NameType == nametype.KRB_NT_PRINCIPAL && !sameFold(reply.CName, e.client) {
		return nil, violation("the key distribution centre gives a ticket of %s@%s", reply.CName.PrincipalNameString(), reply.CRealm)
	}
	if said.SRealm != e.realm || !sameFold(said.SName, service) {
		return nil, violation("the key distribution centre gives a ticket for %s@%s", said.SName.PrincipalNameString(), said.SRealm)
	}
	if _, err := suite(said.Key); err != nil {
		return nil, fmt.Errorf("the session's key: %w", err)
	}
	return &ticket{ticket: reply.Ticket, key: said.Key, client: reply.CName, realm: reply.CRealm}, nil
}

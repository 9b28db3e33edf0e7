package preflight

import (
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"time"

	"passlysync/pkg/directory/ad"
)

// stepIn bounds one step towards the domain controller; all of them together fit into lookIn.
const stepIn = 4 * time.Second

// look is what the checks find out together: the way to the domain controller, in steps of which each needs the one before.
type look struct {
	Settings
	found    step[string]   // URL of the domain controller
	resolved step[[]string] // its addresses
	reached  step[struct{}] // its port answers
	trusted  step[trusted]  // its certificate counts
}

// step is done once, by the check that needs it first; the others wait for it.
type step[T any] struct {
	once  sync.Once
	value T
	err   error
}

func (s *step[T]) do(ctx context.Context, once func(context.Context) (T, error)) (T, error) {
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, stepIn)
		defer cancel()
		s.value, s.err = once(ctx)
	})
	return s.value, s.err
}

// NotLooked begins the detail of a skipped check; why follows.
const NotLooked = "not looked at: "

// notLooked is why something was not looked at. Where an earlier step failed, that one's check tells more.
type notLooked string

func (n notLooked) Error() string { return NotLooked + string(n) }

// skipped gives the result of a check whose step was not done.
func skipped(err error) (Result, bool) {
	var why notLooked
	if !errors.As(err, &why) {
		return Result{}, false
	}
	return Result{State: Skipped, Detail: why.Error()}, true
}

// after makes of an earlier step's failure why a later one was not done.
func after(err error, why notLooked) error {
	if _, ok := skipped(err); ok || err == nil {
		return err
	}
	return why
}

func (l *look) find(ctx context.Context) (string, error) {
	if l.Directory != "" {
		return l.Directory, nil
	}
	return l.found.do(ctx, l.search)
}

// controller gives what ad needs to look at the domain controller.
func (l *look) controller(ctx context.Context) (ad.Settings, error) {
	at, err := l.find(ctx)
	return ad.Settings{URL: at, CA: l.DirectoryCA, Resolver: l.Resolver, Silence: stepIn}, after(err, "no domain controller answers")
}

func (l *look) resolve(ctx context.Context) ([]string, error) {
	at, err := l.controller(ctx)
	if err != nil {
		return nil, err
	}
	return l.resolved.do(ctx, func(ctx context.Context) (all []string, err error) {
		addresses, err := ad.Addresses(ctx, at)
		for _, address := range addresses {
			all = append(all, address.Unmap().String())
		}
		return all, err
	})
}

func (l *look) reach(ctx context.Context) error {
	if _, err := l.resolve(ctx); err != nil {
		return after(err, "the name does not resolve")
	}
	at, err := l.controller(ctx)
	if err != nil {
		return err
	}
	_, err = l.reached.do(ctx, func(ctx context.Context) (none struct{}, err error) { return none, ad.Reach(ctx, at) })
	return err
}

// hostOf gives the host's name in an address, for people.
func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return address
}

// portOf gives host and port of an address, the port being its scheme's where none is given.
func portOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	ports := map[string]string{"ldaps": "636", "ldap": "389", "https": "443", "http": "80", "socks5": "1080", "socks5h": "1080"}
	port := u.Port()
	if port == "" {
		port = ports[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

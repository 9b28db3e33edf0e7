package wizard

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"passlysync/pkg/problem"
	"passlysync/pkg/terminal"
)

// menu is what can be done on an enrolled machine; an empty answer leaves everything as it is.
func (l *lines) menu(ctx context.Context) error {
	for _, fact := range statusFacts(l.setup.known) {
		l.say(fact[0] + ": " + terminal.OneLine(fact[1], maxShown))
	}
	all := l.setup.entries()
	for i, each := range all {
		l.say(strconv.Itoa(i+1) + ". " + each.title + ". " + each.means)
	}
	for {
		text, err := l.ask("What to do: a number, or enter to leave", "")
		switch {
		case err != nil:
			return err
		case text == "":
			return nil
		}
		chosen, err := strconv.Atoi(text)
		if err != nil || chosen < 1 || chosen > len(all) {
			l.trouble(&problem.Problem{Title: "There is no " + text, Hint: "Type one of the numbers above."})
			continue
		}
		if err := all[chosen-1].plain(l, ctx); err != nil || !all[chosen-1].stays {
			return err
		}
	}
}

func (l *lines) again(ctx context.Context) error {
	l.setup.targetsService(l.setup.known)
	return l.whole(ctx)
}

// service goes to the SCIM service that the flags are for.
func (l *lines) service(ctx context.Context) error { return l.whole(ctx) }

func (l *lines) move(ctx context.Context) error {
	l.setup.Prefilled.Domain, l.setup.Prefilled.Service = "", nil
	return l.whole(ctx)
}

func (l *lines) changeAccount(ctx context.Context) error {
	change := func(ctx context.Context) error { return l.steps(ctx, l.setup.changeAccount) }
	for {
		if err := l.parts(ctx, l.directory, l.rights, change); !errors.Is(err, errBack) {
			return err
		}
	}
}

func (l *lines) remove(ctx context.Context) error {
	l.say(removalWords(l.setup.known, l.setup.Service != nil))
	text, err := l.ask("Type remove to remove it", "")
	if err != nil || !strings.EqualFold(text, removalWord) {
		l.say("Nothing was removed.")
		return err
	}
	err = l.parts(ctx, func(ctx context.Context) error { return l.steps(ctx, l.setup.remove) })
	if errors.Is(err, errBack) {
		return nil
	}
	return err
}

package wizard

import "github.com/charmbracelet/bubbles/key"

// KeyMap is every key of the wizard; what is not here is typed into the field.
type KeyMap struct {
	Next, Back, Quit, Down, Up, Turn, Show, Retry, Close, Browser, Again, Mend, Copy, Save, Tool, Rights key.Binding
}

func newKeys() KeyMap {
	bind := func(help, does string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, does))
	}
	return KeyMap{
		Next:    bind("enter", "continue", "enter"),
		Back:    bind("esc", "back", "esc"),
		Quit:    bind("ctrl+c", "leave", "ctrl+c"),
		Down:    bind("tab", "next", "tab", "down"),
		Up:      bind("shift+tab", "before", "shift+tab", "up"),
		Turn:    bind("←/→", "change", "left", "right"),
		Show:    bind("ctrl+r", "show", "ctrl+r"),
		Retry:   bind("enter", "try again", "enter"),
		Browser: bind("ctrl+b", "QR", "ctrl+b"),
		Again:   bind("r", "check again", "r"),
		Mend:    bind("f", "repair", "f"),
		Copy:    bind("c", "copy", "c"),
		Save:    bind("w", "all to a file", "w"),
		Tool:    bind("←/→", "other tool", "left", "right"),
		Rights:  bind("r", "rights", "r"),
		Close:   bind("enter", "close", "enter", "q", "esc"),
	}
}

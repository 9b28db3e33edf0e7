package wizard

import "github.com/charmbracelet/bubbles/key"

// KeyMap is every key of the wizard; what is not here is typed into the field.
type KeyMap struct {
	Next, Back, Quit, Down, Up, Show, Retry, Close key.Binding
}

func newKeys() KeyMap {
	bind := func(help, does string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, does))
	}
	return KeyMap{
		Next:  bind("enter", "continue", "enter"),
		Back:  bind("esc", "back", "esc"),
		Quit:  bind("ctrl+c", "leave", "ctrl+c"),
		Down:  bind("tab", "next", "tab", "down"),
		Up:    bind("shift+tab", "before", "shift+tab", "up"),
		Show:  bind("ctrl+r", "show", "ctrl+r"),
		Retry: bind("enter", "try again", "enter"),
		Close: bind("enter", "close", "enter", "q", "esc"),
	}
}

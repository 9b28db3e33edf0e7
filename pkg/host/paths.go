package host

import (
	"fmt"
	"path/filepath"
)

// Paths says where one agent's files are. Two agents on one machine have two state folders, and share nothing.
type Paths struct {
	State   string // the state folder, absolute
	Channel string // the local channel: a socket below it, or a named pipe that its path decides
	Mirror  string // the mirror's database
	Log     string // the text log, where the system keeps none
}

// PathsIn gives the paths for a state folder; empty means the default one of this account.
func PathsIn(state string) (Paths, error) {
	if state == "" {
		folder, err := defaultState()
		if err != nil {
			return Paths{}, fmt.Errorf("finding the state folder: %w", err)
		}
		state = folder
	}
	state, err := filepath.Abs(state)
	if err != nil {
		return Paths{}, fmt.Errorf("finding the state folder: %w", err)
	}
	if err := checkLength(state); err != nil {
		return Paths{}, err
	}
	return Paths{
		State: state, Channel: channel(state), Mirror: filepath.Join(state, "mirror.db"),
		Log: filepath.Join(state, "log", "agent.log"),
	}, nil
}

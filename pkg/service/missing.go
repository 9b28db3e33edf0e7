//go:build !windows

package service

import "passlysync/pkg/problem"

func noManager() error {
	return &problem.Problem{
		Code: NoManager, Title: "There is no service manager on this machine",
		Text: "The agent cannot be installed as a service here.", Hint: "Start the agent yourself: passly-sync agent.",
		Op: "looking for the service manager",
	}
}

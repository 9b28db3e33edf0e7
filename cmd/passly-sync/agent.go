package main

import (
	"context"
	"errors"
)

// AgentCmd runs the agent.
type AgentCmd struct {
	State       string `help:"State folder of the agent." placeholder:"FOLDER" type:"path"`
	Vault       string `help:"Where the agent keeps its credentials: ${enum}." enum:"keyring,file,systemd" default:"keyring"`
	AllowMember bool   `help:"Laboratories only: allow a Windows machine that is no domain controller."`
}

// Run runs it until ctx ends.
func (AgentCmd) Run(context.Context) error { return errors.New("the agent is not built in yet") }

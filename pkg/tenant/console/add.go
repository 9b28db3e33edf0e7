package console

import (
	"fmt"
	"mime"
	"net/http"
	"time"

	"passlysync/pkg/tenant"
	"passlysync/pkg/tenant/installers"
)

// The documented way to a new agent: Add New Directory Sync Agent, Let's Get Started, Download Agent Installer, the page
// waits until the agent has checked in, then organizational units, organization with name and policy, a preview, Finish.

// addPage is where it starts.
func (c *Console) addPage(v *view) error {
	return v.show("add", page{Title: "Add New Directory Sync Agent", Section: "directory-sync"})
}

// downloadView is what the page shows that offers the installers and waits for the agent.
type downloadView struct {
	Installers []installers.Installer
	Folder     string
	Domain     string
	// Arrived are the agents that checked in and are not configured yet.
	Arrived []tenant.Agent
}

func (c *Console) downloadPage(v *view) error {
	shown := downloadView{Folder: c.Installers.Path(), Domain: v.Host}
	all, err := c.Agents.Agents(v.Context())
	if err != nil {
		return err
	}
	for _, a := range all {
		if v.sees(a.Organization) && a.Configuration.Version == 0 && !a.HasLeft() && !a.HeardAt.IsZero() {
			shown.Arrived = append(shown.Arrived, a)
		}
	}
	if shown.Installers, err = c.Installers.List(v.Context()); err != nil {
		return err
	}
	return v.show("download", page{Title: "Download Agent Installer", Section: "directory-sync", Live: true, Content: shown})
}

// downloadIn bounds how long an installer may take over a slow line.
const downloadIn = 30 * time.Minute

func (c *Console) serveInstaller(v *view) error {
	file, one, err := c.Installers.Open(v.PathValue("name"))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := http.NewResponseController(v.w).SetWriteDeadline(time.Now().Add(downloadIn)); err != nil {
		return fmt.Errorf("sending an installer: %w", err)
	}
	v.w.Header().Set("Content-Type", "application/octet-stream")
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": one.Name}))
	http.ServeContent(v.w, v.Request, one.Name, one.Changed, file)
	return nil
}

//go:build linux

package endtoend

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/service/servicetest"
)

// exits runs passly-sync and holds its exit code against the one documented in its help; it gives what was printed.
func (f *firstDay) exits(want int, args ...string) string {
	f.Helper()
	return f.exitsOf(want, f.program(args...))
}

// program is passly-sync as it runs on this machine.
func (f *firstDay) program(args ...string) *exec.Cmd {
	apart := servicetest.Apart(f.TB, append([]string{filepath.Join(f.bin, "passly-sync")}, args...)...)
	command := exec.Command(apart[0], apart[1:]...)
	command.Dir, command.Env = f.work, append(os.Environ(), f.env...)
	return command
}

func (f *firstDay) exitsOf(want int, command *exec.Cmd) string {
	f.Helper()
	out, err := command.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		f.Fatal(err)
	}
	if got := command.ProcessState.ExitCode(); got != want {
		f.Fatalf("%s: exit code %d, want %d\n%s", strings.Join(command.Args, " "), got, want, out)
	}
	f.hunt().in("what "+strings.Join(command.Args, " ")+" prints", string(out))
	return string(out)
}

// lineAnswers are what a person answers line by line, with something wrong on the way.
func (f *firstDay) lineAnswers() map[string][]string {
	return map[string][]string{
		"Passly domain":         {"127.0.0.1:1", f.tenantAt.address},
		"E-mail":                {adminMail},
		"Password":              {"a-wrong-password", adminPassword},
		"Directory, such as":    {f.source.URL()},
		"Account that reads it": {f.source.Account()},
		"CA file":               {f.directoryCA},
		"Password of":           {"a-wrong-directory-password", f.password},
		"Type yes":              {"yes"},
	}
}

// lineByLine: setup through a pipe, as over a serial console.
func (f *firstDay) lineByLine() {
	f.exits(130, "setup", "--plain", "--state", f.state())
	f.wentWrongFirst(f.converse(f.program("setup", "--plain", "--state", f.state(), "--ca", f.ca), f.lineAnswers()))
}

// lineByLineInATerminal: the same where there is one, which does not show what is typed for a password.
func (f *firstDay) lineByLineInATerminal() {
	c := f.open(200, 50, "--plain", "--ca", f.ca)
	answers, before, enrolled := f.lineAnswers(), "", false
	for !enrolled {
		text := strings.TrimSpace(c.Until("asks something new, or ends", func(text string) bool {
			text = strings.TrimSpace(text)
			enrolled = strings.Contains(text, "The agent is enrolled with Acme")
			return enrolled || text != before && strings.HasSuffix(text, ":")
		}))
		if before = text; !enrolled {
			c.Types(answerTo(text[strings.LastIndexByte(text, '\n')+1:], answers))
		}
	}
	f.wentWrongFirst(before)
	f.nothingSecret(c)
}

// wentWrongFirst holds what plain setup said against what was answered.
func (f *firstDay) wentWrongFirst(said string) {
	f.Helper()
	for _, words := range []string{"refuses the connection", "E-mail or password is wrong", "The account's name or password is wrong", "The agent is enrolled with Acme"} {
		if !strings.Contains(said, words) {
			f.Errorf("plain setup never says %q:\n%s", words, said)
		}
	}
	if strings.Contains(said, "\x1b") {
		f.Errorf("plain setup prints an escape sequence:\n%q", said)
	}
	f.isEnrolled()
}

// converse answers each question that a program asks by the longest words known of it: the first of the answers given for
// them, and the last one again and again. What is not known is left empty.
func (f *firstDay) converse(command *exec.Cmd, answers map[string][]string) string {
	f.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = command.Process.Kill() })
	defer stop()
	in, err := command.StdinPipe()
	f.do(err)
	out, err := command.StdoutPipe()
	f.do(err)
	command.Stderr = command.Stdout
	f.do(command.Start())
	said, buffer := "", make([]byte, 4096)
	for {
		n, err := out.Read(buffer)
		said += string(buffer[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		f.do(err)
		if asked := said[strings.LastIndexByte(said, '\n')+1:]; strings.HasSuffix(asked, ": ") {
			_, err = io.WriteString(in, answerTo(asked, answers)+"\n")
			f.do(err)
			said += "\n"
		}
	}
	if err := command.Wait(); err != nil {
		f.Fatalf("plain setup: %v\n%s", err, said)
	}
	f.hunt().in("what plain setup says", said)
	return said
}

func answerTo(asked string, answers map[string][]string) string {
	known := ""
	for words := range answers {
		if strings.Contains(asked, words) && len(words) > len(known) {
			known = words
		}
	}
	list := answers[known]
	if len(list) == 0 {
		return ""
	}
	if len(list) > 1 {
		answers[known] = list[1:]
	}
	return list[0]
}

// unattended: from a file of answers; the second time it finds that nothing is to be done, and uses no token.
func (f *firstDay) unattended() {
	f.exits(2, "setup", "--unattended", "--state", f.state())
	file := f.answersFile()
	f.exitsOf(1, f.withSecret("--password-file", "a-wrong-password", "--answers", file))
	f.exits(3, "status", "--state", f.state())
	f.exitsOf(0, f.withSecret("--password-file", adminPassword, "--answers", file))
	f.isEnrolled()
	agent, tokens := f.agentID, f.tenantAt.times(control.EnrolmentTokensPath)
	said := f.exitsOf(0, f.withSecret("--password-file", adminPassword, "--answers", file))
	if !strings.Contains(said, "is enrolled with Acme already") {
		f.Errorf("the second time setup says:\n%s", said)
	}
	if f.isEnrolled(); f.agentID != agent || f.tenantAt.times(control.EnrolmentTokensPath) != tokens {
		f.Errorf("the second time the agent is %s, want %s, and %d tokens were used", f.agentID, agent, f.tenantAt.times(control.EnrolmentTokensPath)-tokens)
	}
	f.agent.stop(f.lab)
	f.exits(5, "status", "--state", f.state())
	f.startAgent()
	f.tenant.stop(f.lab)
	f.awaitCondition(control.TenantUnreachable)
	f.exits(4, "status", "--state", f.state())
	f.startTenant()
	f.gone(control.TenantUnreachable)
}

// answersFile holds every answer that is no secret, by the flags' names.
func (f *firstDay) answersFile() string {
	f.Helper()
	raw, err := json.Marshal(map[string]any{
		"domain": f.tenantAt.address, "ca": f.ca, "email": adminMail, "accept-terms": true,
		"directory": f.source.URL(), "directory-ca": f.directoryCA, "directory-user": f.source.Account(),
		"directory-password-file": f.file("directory-password", f.password+"\n"),
	})
	f.do(err)
	return f.file("answers.json", string(raw))
}

// withSecret is unattended setup that reads a secret from an open file, as a shell's <(…) gives it.
func (f *firstDay) withSecret(flag, secret string, args ...string) *exec.Cmd {
	f.Helper()
	reader, writer, err := os.Pipe()
	f.do(err)
	_, err = writer.WriteString(secret + "\n")
	f.do(err)
	f.do(writer.Close())
	f.Cleanup(func() { _ = reader.Close() })
	command := f.program(append([]string{"setup", "--unattended", "--state", f.state(), flag, "/dev/fd/3"}, args...)...)
	command.ExtraFiles = []*os.File{reader}
	return command
}

var mintedToken = regexp.MustCompile(`id="token"[^>]*>([^<]+)<`)

// byToken: nobody signs in; a token of the console's takes that place, and counts once.
func (f *firstDay) byToken() {
	minted := mintedToken.FindStringSubmatch(f.web.post("/directory-sync/enrolment-token", url.Values{}))
	if minted == nil {
		f.Fatal("the console makes no token")
	}
	f.typed[minted[1]] = "the console's enrolment token"
	file := f.answersFile()
	f.exitsOf(0, f.withSecret("--enrolment-token-file", minted[1], "--answers", file))
	f.isEnrolled()
	agent := f.agentID
	said := f.exitsOf(1, f.withSecret("--enrolment-token-file", minted[1], "--answers", file, "--again"))
	if !strings.Contains(said, "token") {
		f.Errorf("a token used before: setup says\n%s", said)
	}
	if f.isEnrolled(); f.agentID != agent {
		f.Errorf("after a failed enrolment the agent is %s, want %s as before", f.agentID, agent)
	}
}

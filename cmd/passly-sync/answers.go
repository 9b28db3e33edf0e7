package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"passlysync/pkg/directory/ad"
	"passlysync/pkg/problem"
	"passlysync/pkg/textfile"
	"passlysync/wizard"
)

// maxSecretFile bounds a file with one secret, in bytes.
const maxSecretFile = 4096

// answers reads the files with secrets and puts everything together.
func (c SetupCmd) answers(ctx context.Context, in io.Reader) (wizard.Answers, error) {
	a := wizard.Answers{
		Domain: c.Domain, TenantCAFile: c.CA, Email: c.Email, DirectoryURL: c.Directory,
		DirectoryCAFile: c.DirectoryCA, DirectoryAccount: c.DirectoryUser, ServiceAccount: c.ServiceAccount,
		AcceptTerms: c.AcceptTerms, Again: c.Again,
	}
	var err error
	if a.Service, err = c.scimService(); err != nil {
		return a, err
	}
	token, secret := "", ""
	for _, at := range c.DirectoryAlso {
		at = wizard.DirectoryURL(at)
		if err := ad.CheckURL(at); err != nil {
			return a, err
		}
		a.DirectoryOthers = append(a.DirectoryOthers, at)
	}
	files := []secretFile{
		{"--password-file", c.PasswordFile, &a.Password},
		{"--enrolment-token-file", c.EnrolmentTokenFile, &a.EnrolmentToken},
		{"--directory-password-file", c.DirectoryPasswordFile, &a.DirectoryPassword},
		{"--service-password-file", c.ServicePasswordFile, &a.ServicePassword},
		{tokenFlag, c.SCIMTokenFile, &token},
		{secretFlag, c.SCIMOAuthSecretFile, &secret},
	}
	if err := oneInput(files); err != nil {
		return a, err
	}
	for _, file := range files {
		text, err := readSecret(ctx, in, file.flag, file.path)
		if err != nil {
			return a, err
		}
		*file.into = text
	}
	if a.Service != nil {
		a.Service.Token = token + secret // one of them is given
	}
	a.DirectoryKeytab, err = readKeytab(c.DirectoryKeytabFile)
	return a, err
}

// maxKeytab is what fits into a keyring beside the agent's key.
const maxKeytab = 1500

// readKeytab reads the keytab of one account.
func readKeytab(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, secretProblem("--directory-keytab-file", path, err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxKeytab+1))
	switch {
	case err == nil && len(raw) == 0:
		err = errors.New("it is empty")
	case err == nil && len(raw) > maxKeytab:
		err = fmt.Errorf("it has more than %d bytes: put the keys of this account alone into one", maxKeytab)
	}
	if err != nil {
		return nil, secretProblem("--directory-keytab-file", path, err)
	}
	return raw, nil
}

// secretFile is a flag that names a file with a secret, and where the secret goes.
type secretFile struct {
	flag, path string
	into       *string
}

// oneInput refuses two secrets from standard input: it could not be told where one ends.
func oneInput(files []secretFile) error {
	input := ""
	for _, file := range files {
		if file.path != "-" {
			continue
		}
		if input != "" {
			return &problem.Problem{
				Code: usage, Title: input + " and " + file.flag + " both read standard input",
				Hint: "Give one of them by a file.", Op: "reading the answers",
			}
		}
		input = file.flag
	}
	return nil
}

// readSecret reads one secret: the whole file without the line end that editors leave. The file may be a pipe, of a shell's
// process substitution or of whoever starts setup; one that gives nothing is waited for until ctx ends.
func readSecret(ctx context.Context, in io.Reader, flag, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	type reading struct {
		secret string
		err    error
	}
	got := make(chan reading, 1)
	go func() {
		secret, err := secretIn(in, path, flag == tokenFlag || flag == secretFlag)
		got <- reading{secret, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case read := <-got:
		if read.err != nil {
			return "", secretProblem(flag, path, read.err)
		}
		return read.secret, nil
	}
}

// secretIn reads a secret. One that is private may not stand in a file that others can read.
func secretIn(in io.Reader, path string, private bool) (string, error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close()
		if private {
			if err := ownOnly(f); err != nil {
				return "", err
			}
		}
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxSecretFile+1))
	if err != nil {
		return "", err
	}
	if len(raw) > maxSecretFile {
		return "", errors.New("it is too large to hold one secret")
	}
	text, err := textfile.Decode(raw)
	secret := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	switch {
	case err != nil:
		return "", err
	case secret == "":
		return "", errors.New("it is empty")
	case strings.ContainsAny(secret, "\r\n\x00"):
		return "", errors.New("it has more than one line")
	}
	return secret, nil
}

func secretProblem(flag, path string, err error) error {
	var failed *os.PathError
	reason := err
	if errors.As(err, &failed) {
		reason = failed.Err
	}
	name := path
	if path == "-" {
		name = "standard input"
	}
	return &problem.Problem{
		Code: usage, Title: fmt.Sprintf("%s: no secret could be read from %s", flag, name), Text: problem.Reason(reason) + ".",
		Hint: "Put the secret alone into a file that only you can read (chmod 600).", Op: "reading the answers", Err: err,
	}
}

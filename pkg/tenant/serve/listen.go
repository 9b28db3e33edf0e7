package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"passlysync/pkg/control"
	"passlysync/pkg/problem"
)

// Limits of the HTTP server. The one for answers is set for each request, since event streams have one for each write.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	answerTimeout = 2 * time.Minute
	maxHeader     = 32 << 10
	drainTime     = 10 * time.Second
)

// Listen opens the address. Plain HTTP (no certificate) is for loopback only. Errors are problems.
func Listen(ctx context.Context, address string, certificate *tls.Certificate) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &problem.Problem{Code: problem.Invalid, Title: fmt.Sprintf("%q is no address to listen on", address), Hint: "Use HOST:PORT, such as 127.0.0.1:8484.", Err: err}
	}
	if certificate == nil && !control.Loopback(host) {
		return nil, &problem.Problem{
			Code: problem.TLS, Title: "Plain HTTP is for this machine only", Op: "listening on " + address,
			Text: "On " + address + " passwords and tokens would cross the network readable by others.",
			Hint: "Give --tls-cert and --tls-key, or listen on 127.0.0.1.",
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, listenProblem(address, err)
	}
	if certificate == nil {
		return listener, nil
	}
	return tls.NewListener(listener, &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*certificate}, NextProtos: []string{"h2", "http/1.1"},
	}), nil
}

func listenProblem(address string, err error) error {
	p := &problem.Problem{
		Code: problem.Unavailable, Title: "The address " + address + " cannot be used", Text: err.Error(),
		Hint: "Choose another one with --listen.", Op: "listening on " + address, Err: err,
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		p.Title, p.Text = "The address "+address+" is in use", "Another program listens there, perhaps another passly-tenant."
		p.Hint = "Stop it, or choose another address with --listen."
	case errors.Is(err, syscall.EACCES):
		p.Title, p.Text = "The address "+address+" is not allowed", "Ports below 1024 need a privilege."
	}
	return p
}

// Serve answers on listener until ctx ends, then lets the requests under way finish.
func (t *Tenant) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: withDeadline(t.handler), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(t.log.Handler(), slog.LevelWarn),
	}
	server.RegisterOnShutdown(t.StopStreams)
	work, stop := context.WithCancel(ctx)
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		t.Work(work)
	}()
	defer func() { stop(); <-worked }()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return fmt.Errorf("shutting down: %w", errors.Join(err, server.Close()))
	}
	return nil
}

// withDeadline ends answers that a client does not read.
func withDeadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTimeout)) // streams set their own later
		next.ServeHTTP(w, r)
	})
}

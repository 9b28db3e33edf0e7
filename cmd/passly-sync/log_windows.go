package main

import (
	"io"
	"log/slog"
	"path/filepath"

	"golang.org/x/sys/windows/svc/eventlog"
	"gopkg.in/natefinch/lumberjack.v2"

	"passlysync/pkg/service"
)

// Bounds of the text log: it keeps three months, and 60 MB at most.
const (
	logMegabytes = 10
	logFiles     = 5
	logDays      = 90
)

// openLog logs into a file below the state folder, which is turned over; to w, for who runs the agent in a console; and, what is
// for an administrator, into the event log.
func openLog(state string, w io.Writer) (*slog.Logger, func()) {
	file := &lumberjack.Logger{Filename: filepath.Join(state, "log", "agent.log"), MaxSize: logMegabytes, MaxBackups: logFiles, MaxAge: logDays}
	text := slog.NewTextHandler(both{file, w}, nil)
	source, err := eventlog.Open(service.Name)
	if err != nil { // no reason not to work
		log := slog.New(text)
		log.Warn("the event log cannot be written to", "error", err)
		return log, func() { _ = file.Close() }
	}
	return slog.New(events{text, reportTo(source)}), func() { _ = source.Close(); _ = file.Close() }
}

// withoutLog reports why the agent ended before it had a log: a service has no console, and without this an administrator would
// see that it stopped and nothing else.
func withoutLog(err error) {
	source, failed := eventlog.Open(service.Name)
	if failed != nil {
		return
	}
	defer func() { _ = source.Close() }()
	logEnd(slog.New(events{slog.DiscardHandler, reportTo(source)}), err)
}

// reportTo writes into the event log; what cannot be written there, the text log has.
func reportTo(source *eventlog.Log) func(level slog.Level, id uint32, text string) {
	return func(level slog.Level, id uint32, text string) {
		write := source.Info
		switch {
		case level >= slog.LevelError:
			write = source.Error
		case level >= slog.LevelWarn:
			write = source.Warning
		}
		_ = write(id, text)
	}
}

// both writes to a file, and to a console where there is one: a service has none.
type both struct{ file, console io.Writer }

func (b both) Write(p []byte) (int, error) {
	_, _ = b.console.Write(p)
	return b.file.Write(p)
}

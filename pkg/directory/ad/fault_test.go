package ad_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"passlysync/pkg/directory"
	"passlysync/pkg/directory/ad"
	"passlysync/pkg/directory/adtest"
	"passlysync/pkg/problem"
)

// TestLyingAnswersCompleteNoPass holds Read to never completing on an answer that is cut, malformed or refused.
func TestLyingAnswersCompleteNoPass(t *testing.T) {
	for name, c := range map[string]struct {
		faults adtest.Faults
		want   problem.Code
	}{
		"cut after the first entry":       {adtest.Faults{CutAfter: 1}, directory.Unreachable},
		"cut in the middle":               {adtest.Faults{CutAfter: 700}, directory.Unreachable},
		"no final control":                {adtest.Faults{NoFinalControl: true}, directory.AnswerWrong},
		"a final control without a sense": {adtest.Faults{GarbageControl: true}, directory.AnswerWrong},
		"a final control without cookie":  {adtest.Faults{EmptyCookie: true}, directory.AnswerWrong},
		"entries without GUID":            {adtest.Faults{NoGUID: true}, directory.AnswerWrong},
		"GUIDs of 15 bytes":               {adtest.Faults{ShortGUID: true}, directory.AnswerWrong},
		"busy":                            {adtest.Faults{PassCode: 51}, directory.Busy},
		"unavailable":                     {adtest.Faults{PassCode: 52}, directory.Busy},
		"size limit":                      {adtest.Faults{PassCode: 4}, directory.AnswerWrong},
		"strong authentication required":  {adtest.Faults{PassCode: 8}, directory.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r := people(t, 1500, adtest.Options{})
			s.SetFaults(c.faults)
			_, pass, err := drain(t.Context(), r, directory.Cursor{})
			if !problem.Is(err, c.want) {
				t.Errorf("got %v, want a problem of code %s", err, c.want)
			}
			if !pass.Cursor.IsZero() || pass.Full {
				t.Errorf("a failed read gave a pass: %+v", pass)
			}
			s.SetFaults(adtest.Faults{})
			if _, pass, err = drain(t.Context(), r, directory.Cursor{}); err != nil || !pass.Full {
				t.Errorf("healed: got %+v, %v", pass, err)
			}
		})
	}
}

func TestRefusedCursorIsSaidSo(t *testing.T) {
	s, r := people(t, 10, adtest.Options{})
	_, pass, err := drain(t.Context(), r, directory.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	s.SetFaults(adtest.Faults{RefuseCursor: true})
	if _, _, err := drain(t.Context(), r, pass.Cursor); !errors.Is(err, directory.ErrCursorRefused) {
		t.Errorf("got %v, want a refused cursor", err)
	}
}

// TestCookieAnsweredWithEverything is a server that silently takes a cookie for none.
func TestCookieAnsweredWithEverything(t *testing.T) {
	s, r := people(t, 10, adtest.Options{})
	_, pass, err := drain(t.Context(), r, directory.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	s.ChangeInvocation() // behind the back of the open connection
	if _, _, err := drain(t.Context(), r, pass.Cursor); !errors.Is(err, directory.ErrCursorRefused) {
		t.Errorf("got %v, want a refused cursor", err)
	}
}

func TestSilentServerIsGivenUp(t *testing.T) {
	t.Parallel()
	s := server(t, adtest.Options{})
	settings := settings(s)
	settings.Silence = time.Second
	r := open(t, settings)
	s.SetFaults(adtest.Faults{Hang: true})
	if _, _, err := drain(t.Context(), r, directory.Cursor{}); !problem.Is(err, directory.Unreachable) {
		t.Errorf("got %v, want a problem of code %s", err, directory.Unreachable)
	}
}

// TestSlowConsumerIsNoSilence holds the watchdog to the server's time, not the caller's.
func TestSlowConsumerIsNoSilence(t *testing.T) {
	t.Parallel()
	s := server(t, adtest.Options{})
	if _, err := s.Seed(20_000, 1); err != nil {
		t.Fatal(err)
	}
	settings := settings(s)
	settings.Silence = time.Second
	r := open(t, settings)
	pages := 0
	_, err := r.Read(t.Context(), directory.Cursor{}, func(directory.Page) error {
		if pages++; pages == 3 {
			<-time.After(1500 * time.Millisecond) // what is tested is the passing of time
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWatchEndsWithTheServer(t *testing.T) {
	for name, end := range map[string]func(*adtest.Server){
		"cut":    func(s *adtest.Server) { s.CutConnections() },
		"silent": func(s *adtest.Server) { s.SetFaults(adtest.Faults{Hang: true}) },
		"gone":   func(s *adtest.Server) { _ = s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := server(t, adtest.Options{})
			settings := settings(s)
			settings.Silence, settings.Heartbeat = time.Second, 50*time.Millisecond
			r := open(t, settings)
			ended := make(chan error, 1)
			go func() { ended <- r.Watch(t.Context(), func() { end(s) }, func() {}) }()
			select {
			case err := <-ended:
				if !problem.Is(err, directory.Unreachable) {
					t.Errorf("got %v, want a problem of code %s", err, directory.Unreachable)
				}
			case <-time.After(10 * time.Second):
				t.Error("the watch goes on without a server")
			}
		})
	}
}

func TestCancelledWhileTheServerHangs(t *testing.T) {
	s := server(t, adtest.Options{})
	r := open(t, settings(s))
	s.SetFaults(adtest.Faults{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := drain(ctx, r, directory.Cursor{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestReferralsAreNotFollowed(t *testing.T) {
	s, r := people(t, 10, adtest.Options{})
	want, _, err := drain(t.Context(), r, directory.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	s.SetFaults(adtest.Faults{Referral: true})
	got, _, err := drain(t.Context(), r, directory.Cursor{})
	if err != nil || len(got) != len(want) {
		t.Errorf("got %d entries and %v, want %d", len(got), err, len(want))
	}
}

// TestUnreadableAttributeIsNoMissingOne is a hardened domain: replication shows userAccountControl, a search does not.
// An entry read anew must not pass for a whole one without it.
func TestUnreadableAttributeIsNoMissingOne(t *testing.T) {
	s, r := people(t, 10, adtest.Options{})
	_, pass, err := drain(t.Context(), r, directory.Cursor{})
	if err != nil {
		t.Fatal(err)
	}
	s.SetFaults(adtest.Faults{Unreadable: directory.UserAccountControl})
	var user directory.GUID
	for _, e := range s.Snapshot() {
		if e.Kind == directory.KindUser {
			user = e.GUID
		}
	}
	if err := s.Rename(t.Context(), user, "Renamed"); err != nil {
		t.Fatal(err)
	}
	renamed, _, err := drain(t.Context(), r, pass.Cursor)
	if err != nil {
		t.Fatal(err)
	}
	fetched, err := r.Fetch(t.Context(), []directory.GUID{user})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range append(renamed, fetched...) {
		if e.Name != "Renamed" || !strings.Contains(fmt.Sprint(e.Attributes), directory.UserAccountControl) {
			t.Errorf("got %+v, want it with its userAccountControl", e)
		}
	}
}

// A directory that never stops answering is hung up on: it must not fill this machine's memory, and nobody must wait for it.
func TestAttackEndlessAnswerIsBrokenOff(t *testing.T) {
	s := server(t, adtest.Options{})
	settings := ad.Settings{URL: s.URL(), CA: s.CA(), Account: s.Account(), Password: s.Password()}
	s.SetFaults(adtest.Faults{Flood: true})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := ad.Examine(t.Context(), settings); !problem.Is(err, directory.AnswerWrong) {
		t.Errorf("examining: got %v, want that the answer is wrong", err)
	}
	if _, err := ad.Open(t.Context(), settings); !problem.Is(err, directory.AnswerWrong) {
		t.Errorf("opening: got %v, want that the answer is wrong", err)
	}
	if _, err := ad.CurrentTime(t.Context(), settings); !problem.Is(err, directory.AnswerWrong) {
		t.Errorf("asking for the time: got %v, want that the answer is wrong", err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
		t.Errorf("%d MiB were allocated for it", grown>>20)
	}
}

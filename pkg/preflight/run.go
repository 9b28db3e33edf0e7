package preflight

import (
	"context"
	"sync"
	"time"

	"passlysync/pkg/problem"
)

// lookIn bounds one check, with what it waits for.
const lookIn = 20 * time.Second

// Run makes the checks side by side, tells each as it begins and ends, and gives the results in the order of the checks.
// report is called by one goroutine at a time.
func Run(ctx context.Context, checks []Check, report func(Result)) []Result {
	results := make([]Result, len(checks))
	var (
		telling sync.Mutex
		all     sync.WaitGroup
	)
	tell := func(r Result) {
		telling.Lock()
		defer telling.Unlock()
		report(r)
	}
	for i, c := range checks {
		all.Go(func() {
			tell(Result{Name: c.Name, Title: c.Title, Must: c.Must, State: Running})
			results[i] = bounded(ctx, c)
			tell(results[i])
		})
	}
	all.Wait()
	return results
}

// bounded makes one check; one that does not end in time is a warning, since nothing is known.
func bounded(ctx context.Context, c Check) Result {
	ctx, cancel := context.WithTimeout(ctx, lookIn)
	defer cancel()
	ended := make(chan Result, 1)
	go func() { ended <- c.Look(ctx) }()
	var r Result
	select {
	case r = <-ended:
	case <-ctx.Done():
		r = Result{State: Warning, Problem: &problem.Problem{
			Code: problem.Unavailable, Title: c.Title + ": no answer in time", Text: "This could not be found out.", Hint: "Check again, or go on.",
		}}
	}
	r.Name, r.Title, r.Must = c.Name, c.Title, c.Must
	return r
}

package adtest

// watcher is a search with the notification control, which never ends (MS-ADTS 3.1.1.3.4.1.9).
type watcher struct {
	client  *client
	request *request
	wake    chan int32
}

// watch registers the search and answers nothing yet. At most five stand on a connection.
func (c *client) watch(r *request) error {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	standing := 0
	for w := range s.watchers {
		if w.client == c {
			standing++
		}
	}
	if standing == 5 {
		return &refusal{11, "too many notifications on this connection"}
	}
	w := &watcher{client: c, request: r, wake: make(chan int32, 1024)}
	s.watchers[w] = true
	s.done.Add(1)
	go w.run()
	return nil
}

// run sends each changed object. It ends when the connection does.
func (w *watcher) run() {
	s := w.client.server
	defer s.done.Done()
	for n := range w.wake {
		e := w.client.emitter(w.request, 0)
		s.mu.RLock()
		if !s.objects[n].deleted || w.request.showDeleted {
			e.write(n, nil)
		}
		s.mu.RUnlock()
		if e.flush() != nil {
			_ = w.client.transport.Close()
		}
	}
}

// tell wakes the watchers; the caller holds the lock. One that cannot keep up loses some: they are hints.
func (s *Server) tell(n int32) {
	for w := range s.watchers {
		select {
		case w.wake <- n:
		default:
		}
	}
}

-- +goose Up

-- Who did what, when, from where. The number is the order in which things were done; time may step back, it does not.
CREATE TABLE audit_log (
  number       INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
  at           INTEGER NOT NULL,
  actor_kind   TEXT NOT NULL,
  actor_id     INTEGER NOT NULL,
  actor_name   TEXT NOT NULL, -- as it was then, like the subject's
  address      TEXT NOT NULL,
  what         TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id   INTEGER NOT NULL,
  subject_name TEXT NOT NULL,
  details      TEXT NOT NULL, -- JSON
  search_key   TEXT NOT NULL  -- folded
);
CREATE INDEX audit_log_at ON audit_log (at);
CREATE INDEX audit_log_actor ON audit_log (actor_kind, number);
CREATE INDEX audit_log_what ON audit_log (what, number);

-- Finds any part of a text from three characters on.
CREATE VIRTUAL TABLE audit_text USING fts5 (search_key, content = 'audit_log', content_rowid = 'number', tokenize = 'trigram');

-- Entries are only ever added. REPLACE would remove without asking the trigger for DELETE.
-- +goose StatementBegin
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log WHEN EXISTS (SELECT 1 FROM audit_log WHERE number = new.number) BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_log_text AFTER INSERT ON audit_log BEGIN
  INSERT INTO audit_text (rowid, search_key) VALUES (new.number, new.search_key);
END;
-- +goose StatementEnd

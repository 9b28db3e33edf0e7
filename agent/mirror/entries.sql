-- One row an entry, in the order in which the directory first reported them (seq).
CREATE TABLE entries (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    guid        BLOB    NOT NULL,           -- unique: first.go has this index and others that come and go
    parent      BLOB,                       -- NULL: not said yet
    kind        TEXT    NOT NULL,           -- directory.Kind; '' until it is said
    name        TEXT    NOT NULL DEFAULT '',
    given_name  TEXT    NOT NULL DEFAULT '',
    surname     TEXT    NOT NULL DEFAULT '',
    mail        TEXT    NOT NULL DEFAULT '',
    logon_name  TEXT    NOT NULL DEFAULT '',
    sam         TEXT    NOT NULL DEFAULT '',
    display     TEXT    NOT NULL DEFAULT '',
    control     INTEGER NOT NULL DEFAULT 0, -- userAccountControl
    expires     INTEGER NOT NULL DEFAULT 0, -- accountExpires, FILETIME
    deleted     INTEGER NOT NULL DEFAULT 0,
    seen        INTEGER NOT NULL,           -- number of the last full pass that reported it
    inside      INTEGER NOT NULL DEFAULT 0, -- stands in scope

    -- the verdict (package plan)
    dirty       INTEGER NOT NULL DEFAULT 0, -- to be judged again
    todo        TEXT    NOT NULL DEFAULT '',
    flag        TEXT    NOT NULL DEFAULT '',
    wanted      INTEGER NOT NULL DEFAULT 0, -- hash
    want_active INTEGER NOT NULL DEFAULT 0,
    claims      INTEGER NOT NULL DEFAULT 0,
    mail_key    INTEGER NOT NULL DEFAULT 0, -- hashes of the folded names, while claimed
    logon_key   INTEGER NOT NULL DEFAULT 0,
    due         INTEGER,                    -- unix seconds
    since       INTEGER,                    -- unix milliseconds; when there first was something to do
    approved    INTEGER NOT NULL DEFAULT 0, -- a removal that the administrator let pass the guard
    decision    TEXT    NOT NULL DEFAULT '', -- of a removal: rejected, or waits (for a decision, whatever the guard's limit)

    -- what the tenant acknowledged
    remote      TEXT,                       -- id there; NULL: the tenant does not have it
    remote_kind TEXT    NOT NULL DEFAULT '', -- what it is there: user or group
    pushed      INTEGER NOT NULL DEFAULT 0, -- hash
    active      INTEGER NOT NULL DEFAULT 0,
    doubt       INTEGER NOT NULL DEFAULT 0, -- an answer was lost: what the tenant has must be asked
    refusal     TEXT    NOT NULL DEFAULT '', -- plan.Refused or plan.Conflicting
    reason      TEXT    NOT NULL DEFAULT ''  -- in the tenant's words
) STRICT;

CREATE INDEX entries_todo   ON entries (todo, kind, seq) WHERE todo <> '';
CREATE INDEX entries_flag   ON entries (flag, seq)       WHERE flag <> '';
CREATE INDEX entries_dirty  ON entries (seq)             WHERE dirty = 1;
CREATE INDEX entries_doubt  ON entries (seq)             WHERE doubt = 1;
CREATE INDEX entries_due    ON entries (due)             WHERE due IS NOT NULL;

-- Beside the mirror's tables, in a draft only.

-- What would have been sent of each entry, last.
CREATE TABLE draft_sent (
    seq    INTEGER PRIMARY KEY,
    todo   TEXT    NOT NULL, -- plan.Todo
    enable INTEGER NOT NULL, -- an update that makes active again
    met    INTEGER NOT NULL DEFAULT 0 -- an addition that is there already
) STRICT;

-- Whom a person wants to see, in that order.
CREATE TABLE draft_rows (
    n   INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT;

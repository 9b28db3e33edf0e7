-- +goose Up

CREATE TABLE device_sign_ins (
  hash          BLOB PRIMARY KEY, -- of the device code
  user_hash     BLOB NOT NULL UNIQUE,
  host          TEXT NOT NULL,
  address       TEXT NOT NULL,
  created       INTEGER NOT NULL,
  expires       INTEGER NOT NULL,
  decision      TEXT NOT NULL,
  administrator INTEGER NOT NULL -- 0: nobody decided yet
) WITHOUT ROWID;
CREATE INDEX device_sign_ins_expires ON device_sign_ins (expires);

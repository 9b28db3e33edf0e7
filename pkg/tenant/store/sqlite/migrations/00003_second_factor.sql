-- +goose Up

-- The secret has to be there as it is: codes are made of it, not compared with a hash. The file is the owner's alone.
ALTER TABLE administrators ADD COLUMN second_factor TEXT NOT NULL DEFAULT ''; -- base32; empty: none
ALTER TABLE administrators ADD COLUMN code_step INTEGER NOT NULL DEFAULT 0; -- the last time step whose code was used

-- +goose Up

ALTER TABLE agents ADD COLUMN departed INTEGER NOT NULL DEFAULT 0; -- 0: still there

-- ingest: one row per accepted message. The stream entry's id as a unique key makes duplicates
-- impossible for queued variants; variants that insert directly leave it null.
CREATE TABLE IF NOT EXISTS messages (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry_id   text UNIQUE,
    payload    jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

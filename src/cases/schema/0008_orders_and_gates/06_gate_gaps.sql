CREATE TABLE gate_gaps (
  gate TEXT PRIMARY KEY,
  since TEXT NOT NULL,
  version BIGINT NOT NULL
)

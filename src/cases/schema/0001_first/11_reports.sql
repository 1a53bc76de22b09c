CREATE TABLE reports (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL REFERENCES cases (id),
  source TEXT NOT NULL,
  about TEXT NOT NULL,
  digest TEXT NOT NULL,
  received_at TEXT NOT NULL
)

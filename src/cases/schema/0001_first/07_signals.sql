CREATE TABLE signals (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL REFERENCES cases (id),
  digest TEXT NOT NULL,
  document TEXT NOT NULL,
  figures TEXT NOT NULL
)

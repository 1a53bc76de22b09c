CREATE TABLE cases (
  id TEXT PRIMARY KEY,
  customer TEXT NOT NULL,
  term_group TEXT NOT NULL,
  state TEXT NOT NULL,
  opened_at TEXT NOT NULL,
  closed_reason TEXT NOT NULL DEFAULT ''
)

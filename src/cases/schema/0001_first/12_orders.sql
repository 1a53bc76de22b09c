CREATE TABLE orders (
  digest TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  case_id TEXT NOT NULL,
  canonical TEXT NOT NULL,
  reason TEXT NOT NULL,
  proposal TEXT NOT NULL,
  state TEXT NOT NULL,
  proposed_at TEXT NOT NULL,
  in_force_entry TEXT NOT NULL DEFAULT '',
  in_force_at TEXT NOT NULL DEFAULT '',
  ended_by TEXT NOT NULL DEFAULT ''
)

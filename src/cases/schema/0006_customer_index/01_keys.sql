CREATE TABLE index_keys (
  name TEXT PRIMARY KEY,
  customer TEXT NOT NULL,
  next INTEGER NOT NULL,
  attached_by TEXT NOT NULL DEFAULT ''
)

CREATE TABLE shadow_signals (
  id TEXT PRIMARY KEY,
  rule TEXT NOT NULL,
  subscription TEXT NOT NULL,
  document TEXT NOT NULL,
  figures TEXT NOT NULL
)

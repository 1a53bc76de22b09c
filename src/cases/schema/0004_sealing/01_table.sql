CREATE TABLE seals (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  entry TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  case_id TEXT NOT NULL,
  content TEXT NOT NULL,
  private_part TEXT NOT NULL,
  salt TEXT NOT NULL,
  due TEXT NOT NULL DEFAULT '',
  order_digest TEXT NOT NULL DEFAULT '',
  sealed_entry TEXT NOT NULL DEFAULT '',
  open_by TEXT NOT NULL DEFAULT '',
  opened_entry TEXT NOT NULL DEFAULT ''
)

CREATE TABLE approvals (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  order_digest TEXT NOT NULL REFERENCES orders (digest),
  signature TEXT NOT NULL,
  approved_at TEXT NOT NULL
)

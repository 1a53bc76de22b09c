CREATE TABLE evidence (
  case_id TEXT NOT NULL REFERENCES cases (id),
  digest TEXT NOT NULL,
  class TEXT NOT NULL,
  source TEXT NOT NULL,
  independence TEXT NOT NULL,
  added_at TEXT NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (case_id, digest)
)

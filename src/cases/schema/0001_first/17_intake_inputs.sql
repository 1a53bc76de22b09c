CREATE TABLE intake_inputs (
  name TEXT NOT NULL,
  head TEXT NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (name, head)
)

CREATE TABLE rollup_segments (
  seq INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  cells TEXT NOT NULL,
  PRIMARY KEY (seq, bucket)
)

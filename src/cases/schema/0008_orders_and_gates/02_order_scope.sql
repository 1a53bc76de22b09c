CREATE TABLE order_scope (
  order_digest TEXT NOT NULL REFERENCES orders (digest),
  subscription TEXT NOT NULL,
  service TEXT NOT NULL
)

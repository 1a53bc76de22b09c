CREATE INDEX orders_governance ON orders (kind) WHERE kind NOT IN ('restrict','lift')

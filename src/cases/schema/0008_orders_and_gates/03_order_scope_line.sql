CREATE INDEX order_scope_line ON order_scope (subscription, service)

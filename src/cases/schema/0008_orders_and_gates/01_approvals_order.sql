CREATE INDEX approvals_order ON approvals (order_digest)

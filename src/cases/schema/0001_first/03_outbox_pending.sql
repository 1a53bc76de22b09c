CREATE INDEX outbox_pending ON outbox (seq) WHERE ledger_index IS NULL

CREATE INDEX outbox_about_places ON outbox (ledger_index, about) WHERE about<>''

CREATE UNIQUE INDEX outbox_about ON outbox (about) WHERE about<>''

CREATE INDEX index_keys_customer ON index_keys (customer)

CREATE INDEX shadow_signals_rule ON shadow_signals (rule)

CREATE INDEX signals_case ON signals (case_id)

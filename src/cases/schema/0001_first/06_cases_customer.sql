CREATE INDEX cases_customer ON cases (customer, term_group)

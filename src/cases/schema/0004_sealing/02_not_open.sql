CREATE INDEX seals_not_open ON seals (case_id) WHERE opened_entry=''

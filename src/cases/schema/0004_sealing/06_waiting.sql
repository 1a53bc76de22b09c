CREATE INDEX seals_waiting ON seals (seq) WHERE sealed_entry=''

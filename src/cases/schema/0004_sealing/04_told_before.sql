UPDATE cases SET told_at = coalesce((
  SELECT min(in_force_at) FROM orders
  WHERE orders.case_id = cases.id AND kind = 'restrict' AND in_force_at <> ''), '')
WHERE state = 'decided'

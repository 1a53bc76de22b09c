INSERT INTO order_scope (order_digest, subscription, service)
SELECT o.digest, json_extract(line.value, '$.subscription'), json_extract(line.value, '$.service')
FROM orders o, json_each(o.canonical, '$.restriction.scope') line
WHERE o.kind='restrict'

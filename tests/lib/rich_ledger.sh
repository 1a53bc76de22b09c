# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A ledger with orders of several kinds, for scripts that verify. Sourced, after found.sh.
#
#   rich_ledger DIR    makes DIR/log (public folder), trust.json, snapshot.json, log.vkey,
#                      checkpoint.earlier, ledger.pem (the log's own key), customer.list and
#                      customer.keys of who is cut off; and DIR/data, as founded
#
# In the log: four restrictions, one of them (which begins gate by gate) lifted, one an emergency
# and one against a protected subject; changes of roster, policy and rulebook; a server-mediated
# key, and what it signed;
# what was sealed before the first of them and opened after it, covers, one of them opened; a
# report that is sealed still; and four indexes of customers' tags.
#
#   tick_now           runs the slot, though the present one may be done already (in DIR)

tick_now() {
  sqlite3 data/store.sqlite "DELETE FROM meta WHERE name='sealing_slot'"
  proviso ledger tick -d data >/dev/null
}

# propose_cut SUBSCRIPTION/SERVICE ARGUMENT...: prints the digest.
propose_cut() {
  proviso order propose --case "$RICH_CASE" --term T-SURVEILLANCE --reason reason.txt \
    --key keys/proposer -d data --json --scope "$@" | digest_of
}

# The policy allows server-mediated keys, and protects newspapers more than others.
rich_policy() {
  proviso roster list -d data --json |
    jq '.policy + {server_mediated: true, protected: {"news-medium": {more: 2, outside: 1}}}' \
      >policy.json
  put_in_force . "$(proviso change propose policy policy.json --key keys/proposer \
    --reason reason.txt -d data --json | digest_of)" executive director
  make_key . console
  put_in_force . "$(proviso roster add keys/console.pub --role approver --server-mediated \
    --key keys/proposer -d data --json | digest_of)" executive director
  make_key . auditor
  put_in_force . "$(proviso roster add keys/auditor.pub --role auditor --outside \
    --key keys/proposer -d data --json | digest_of)" console director
}

rich_orders() {
  local sub=sub-public-body-records order lift
  order="$(propose_cut "$sub/storage" --stage deny --until +30d \
    --first-gates gate-2.example,gate-1.example=+1d --everywhere-from +3d)"
  tick_now
  put_in_force . "$order" counsel executive director
  tick_now
  tick_now
  proviso ledger open --case "$RICH_CASE" -d data >/dev/null
  proviso ledger index -d data >/dev/null
  cp data/ledger/log/checkpoint checkpoint.earlier
  make_key . counsel-2
  put_in_force . "$(proviso roster add keys/counsel-2.pub --role approver --person counsel \
    --key keys/proposer -d data --json | digest_of)" executive director
  rich_policy
  cp -r data/rulebook rules-2
  sed -i 's/^level: low/level: medium/' rules-2/departure.yml
  put_in_force . "$(proviso change propose rulebook rules-2 --key keys/proposer \
    --reason reason.txt -d data --json | digest_of)" counsel executive
  cp rules-2/* data/rulebook/
  lift="$(proviso order lift "$order" --reason reason.txt -d data --json | digest_of)"
  put_in_force . "$lift" outside
  proviso ledger index -d data >/dev/null
  order="$(propose_cut "$sub/database" --emergency --stage export-only)"
  put_in_force . "$order" counsel executive
  order="$(propose_cut "$sub/speech" --stage throttle=10/s export-only@+2d --review +90d)"
  put_in_force . "$order" counsel-2 executive
  order="$(RICH_CASE="$PAPER_CASE" propose_cut sub-paper/storage --stage export-only --until +30d \
    --protected-reason reason.txt)"
  put_in_force . "$order" counsel director console outside
  proviso ledger index -d data >/dev/null
}

rich_ledger() (
  mkdir -p "$1" && cd "$1" || exit 1
  found_folder . 2
  sed -i 's/^every_minutes = 0/every_minutes = 10/; s/^per_slot = 1/per_slot = 12/' \
    data/proviso.toml
  proviso simulate million-calls --seed 1 --hours 3 --background 20 --out usage.jsonl \
    --register register.jsonl >/dev/null
  {
    jq -nc '{kind: "customer", id: "cust-paper", name: "P", protected_classes: ["news-medium"]}'
    echo '{"kind":"unit","id":"unit-paper","customer":"cust-paper"}'
    echo '{"kind":"agreement","id":"agr-paper","customer":"cust-paper"}'
    echo '{"kind":"subscription","id":"sub-paper","unit":"unit-paper","agreement":"agr-paper"}'
  } >>register.jsonl
  proviso register load register.jsonl -d data >/dev/null
  proviso review usage.jsonl -d data >/dev/null
  echo "Bulk recording, corroborated." | tee reason.txt >report.txt
  RICH_CASE="$(proviso case list -d data --json | jq -r .id)"
  proviso report add --source press --about cust-paper --file report.txt -d data >/dev/null
  PAPER_CASE="$(proviso case list -d data --json |
    jq -r 'select(.customer == "cust-paper") | .id')"
  rich_orders
  proviso report add --source press --about cust-hospital --file report.txt -d data >/dev/null
  sqlite3 data/store.sqlite "UPDATE seals SET due='2020-01-01T00:00:00Z'
    WHERE seq=(SELECT min(seq) FROM seals WHERE kind='cover')"
  tick_now
  proviso ledger index -d data >/dev/null
  proviso ledger list --customer cust-public-body --out customer.list -d data >/dev/null
  proviso ledger index-key --customer cust-public-body --out customer.keys -d data >/dev/null
  proviso gate snapshot --out snapshot.json -d data >/dev/null
  jq -r .ledger_key trust.json >log.vkey
  cp data/keys/ledger.pem .
  cp -r data/ledger/log .
)

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Founds a data folder quickly, for scripts. Sourced; needs PROVISO_BIN.
#
#   found_folder DIR [K [RULES]]       makes DIR/data, DIR/trust.json; an order needs K (2) people;
#                                      with the rulebook of the folder RULES
#   sign_and_approve DIR ORDER PERSON  exports, signs and hands in one approval; prints its JSON
#   put_in_force DIR ORDER PERSON...   the same for each of them, quietly
#   digest_of                          the member `digest` of the JSON on standard input
#
# Keys are DIR/keys/NAME and NAME.pub: `proposer`, who may only propose; the approvers `counsel` and
# `executive`, who are on call, and `director`; and `outside`, one from outside the organisation.

APPROVERS=(counsel executive director)

proviso() { "$PROVISO_BIN/proviso" "$@"; }
digest_of() { jq -er .digest; }

make_key() { proviso key new "$2" --out "$1/keys/$2" --no-passphrase >/dev/null 2>&1; }

found_folder() {
  local dir="$1" approvals="${2:-2}" rules="${3:-}" name
  mkdir -p "$dir/keys"
  proviso init "$dir/data" --origin log.example.com/terms >/dev/null
  [[ -z "$rules" ]] || { rm "$dir/data/rulebook/"*.yml && cp "$rules"/*.yml "$dir/data/rulebook/"; }
  for name in proposer "${APPROVERS[@]}" outside; do make_key "$dir" "$name"; done
  proviso roster add "$dir/keys/proposer.pub" --role proposer -d "$dir/data" >/dev/null
  for name in counsel executive; do
    proviso roster add "$dir/keys/$name.pub" --role approver --on-call -d "$dir/data" >/dev/null
  done
  proviso roster add "$dir/keys/director.pub" --role approver -d "$dir/data" >/dev/null
  proviso roster add "$dir/keys/outside.pub" --role approver --outside -d "$dir/data" >/dev/null
  proviso roster seal -d "$dir/data" --approvals "$approvals" --out "$dir/trust.json" >/dev/null
}

sign_and_approve() {
  local dir="$1" order="$2" person="$3"
  proviso order export "$order" -d "$dir/data" --out "$dir/$person.order.json" >/dev/null
  proviso order sign "$dir/$person.order.json" --key "$dir/keys/$person" \
    --out "$dir/$person.sig" </dev/null >/dev/null
  proviso order approve "$order" --signature "$dir/$person.sig" -d "$dir/data" --json
}

put_in_force() {
  local dir="$1" order="$2" person
  for person in "${@:3}"; do sign_and_approve "$dir" "$order" "$person" >/dev/null; done
}

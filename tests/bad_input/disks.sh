# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A full disk, and one that fails to sync. Sourced.

DISK_KB=24576

# A small disk of its own where mounting is allowed. Else there is no disk that could be filled.
mount_disk() {
  DISK="$WORK/disk"
  mkdir -p "$DISK"
  mount -t tmpfs -o "size=${DISK_KB}k" tmpfs "$DISK" 2>/dev/null || return 1
  trap 'umount "$DISK" 2>/dev/null || true' EXIT
}

# Leaves about KB free.
fill_disk() {
  local free
  free="$(df --output=avail -k "$DISK" | tail -n 1)"
  head -c $(((free - $1) * 1024)) /dev/zero >"$DISK/filler"
}

check_full_disk() {
  if ! mount_disk; then
    NOTES+=("a full disk: no right to mount one here")
    return 0
  fi
  cp -r "$WORK/f/data" "$DISK/data"
  check_full_review
  check_full_approve
}

# At several fillings, so that different writes are the ones that find no room.
check_full_review() {
  local kb failed=0
  for kb in 0 40 200 600; do
    fill_disk "$kb"
    attempt review -d "$DISK/data" "$WORK/u.jsonl" --commit-every 1000
    if exit_is 1; then
      failed=$((failed + 1))
      [[ "$ERR" == "error: "* ]] || fail "review with $kb KB free: no clear error: $ERR"
    elif ! exit_is 0; then
      fail "review with $kb KB free: exit $CODE: $ERR"
    fi
    rm -f "$DISK/filler"
    attempt verify "$DISK/data/ledger" --trust "$WORK/f/trust.json"
    check "the ledger after a review with $kb KB free" exit_is 0
  done
  check "review on a full disk fails with exit 1 ($failed times)" test "$failed" -ge 2
  attempt review -d "$DISK/data" "$WORK/u.jsonl" --commit-every 1000
  check "review goes on when there is room" exit_is 0
  check "each event has counted once" same_usage_as_whole "$DISK/data"
}

# propose_and_sign DATA: an order, exported and signed by two people: ORDER, and ORDER.PERSON.
propose_and_sign() {
  local data="$1" case_id subscription person
  printf 'Use that the terms forbid.\n' >"$WORK/reason.txt"
  case_id="$(proviso case list -d "$data" --json |
    jq -r 'select(.term_group == "surveillance").id')"
  subscription="$(proviso case show "$case_id" -d "$data" --json |
    jq -r '.signals[0].subscription')"
  SCOPE_SUBSCRIPTION="$subscription"
  ORDER="$(proviso order propose -d "$data" --case "$case_id" --scope "$subscription/speech" \
    --stage read-only --until +30d --term T-SURVEILLANCE --reason "$WORK/reason.txt" \
    --key "$WORK/f/keys/proposer" --json | digest_of)"
  proviso order export "$ORDER" -d "$data" --out "$WORK/$ORDER" >/dev/null
  for person in counsel executive; do
    proviso order sign "$WORK/$ORDER" --key "$WORK/f/keys/$person" --out "$WORK/$ORDER.$person" \
      --yes >/dev/null
  done
}

# approved DATA PERSON: hands the signature in; 2 says that it was there already.
hand_in() { attempt order approve "$ORDER" --signature "$WORK/$ORDER.$2" -d "$1" --json; }

is_enforced() {
  proviso gate snapshot -d "$1" --out "$WORK/snapshot.json" >/dev/null
  attempt gate check --snapshot "$WORK/snapshot.json" --trust "$WORK/f/trust.json" \
    --subscription "$SCOPE_SUBSCRIPTION" --service speech --operation TranscribeRecording
  exit_is 3
}

check_full_approve() {
  local kb failed=0 person
  propose_and_sign "$DISK/data"
  for person in counsel executive; do
    for kb in 0 8 40; do
      fill_disk "$kb"
      hand_in "$DISK/data" "$person"
      ! exit_is 1 || failed=$((failed + 1))
      [[ "$CODE" -le 2 ]] || fail "approve with $kb KB free: exit $CODE: $ERR"
      rm -f "$DISK/filler"
      attempt verify "$DISK/data/ledger" --trust "$WORK/f/trust.json"
      check "the ledger after an approve with $kb KB free" exit_is 0
    done
    hand_in "$DISK/data" "$person"
    [[ "$CODE" -eq 0 || "$CODE" -eq 2 ]] || fail "approve with room again: exit $CODE: $ERR"
  done
  check "approve on a full disk fails with exit 1 ($failed times)" test "$failed" -ge 1
  check "the order is in force when there is room" is_enforced "$DISK/data"
}

# The N-th sync fails once, for every N, in a fresh copy each time.
check_failing_sync() {
  if ! strace -qq -e trace=none true 2>/dev/null; then
    NOTES+=("syncs that fail: strace is missing or not allowed here")
    return 0
  fi
  fresh_data
  proviso review -d "$WORK/d" "$WORK/u.jsonl" >/dev/null
  propose_and_sign "$WORK/d"
  hand_in "$WORK/d" counsel
  rm -rf "$WORK/ready" && mv "$WORK/d" "$WORK/ready"
  local nth failed=0 call
  for call in fdatasync fsync; do
    for nth in 1 2 3 4 5 6; do
      fail_nth_sync "$call" "$nth"
    done
  done
  check "approve tells of a failed sync ($failed times)" test "$failed" -ge 2
}

fail_nth_sync() {
  local call="$1" nth="$2" ended=0 entries
  rm -rf "$WORK/d" && cp -r "$WORK/ready" "$WORK/d"
  cp "$WORK/d/ledger/log/checkpoint" "$WORK/kept"
  strace -f -qq -o /dev/null -e trace="$call" -e inject="$call:error=EIO:when=$nth" \
    "$PROVISO_BIN/proviso" order approve "$ORDER" --signature "$WORK/$ORDER.executive" \
    -d "$WORK/d" >"$WORK/stdout" 2>"$WORK/stderr" || ended=$?
  [[ "$ended" -ne 1 ]] || failed=$((failed + 1))
  [[ "$ended" -le 1 ]] || fail "$call $nth fails: exit $ended: $(cat "$WORK/stderr")"
  [[ "$ended" -eq 0 || -s "$WORK/stderr" ]] || fail "$call $nth fails: no error"
  if [[ "$ended" -eq 0 ]] && ! is_enforced "$WORK/d"; then
    fail "$call $nth fails: acknowledged, and not in force"
  fi
  hand_in "$WORK/d" executive
  [[ "$CODE" -eq 0 || "$CODE" -eq 2 ]] || fail "$call $nth fails, approved again: exit $CODE: $ERR"
  check "$call $nth fails (exit $ended): in force after a restart" is_enforced "$WORK/d"
  attempt verify "$WORK/d/ledger" --trust "$WORK/f/trust.json" --since "$WORK/kept" --json
  entries="$(member .entries)"
  check "$call $nth fails: the ledger holds, $entries entries" exit_is 0
}

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Three witnesses and a log, the real programs over loopback HTTP: a quorum of two, witnesses that
# are down, `kill -9`, two processes on one state, a log restored from a backup, and a split view.
# shellcheck disable=SC2317  # called by `that` and by a trap
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
ROOT="$PWD"
# shellcheck source=tests/lib/found.sh
source tests/lib/found.sh
# shellcheck source=tests/lib/check.sh
source tests/lib/check.sh
cd "$TMPDIR" || exit 1
declare -A PID PORT
trap stop_all EXIT
stop_all() {
  local pid
  for pid in "${PID[@]}"; do kill "$pid" 2>/dev/null; done
}

# start NAME COMMAND...: runs `proviso COMMAND...` on the port that it had before, or a free one.
start() {
  local name="$1"
  shift
  "$PROVISO_BIN/proviso" "$@" --port "${PORT[$name]:-0}" 2>>"$name.log" >/dev/null &
  PID[$name]=$!
  local before="${PORT[$name]:-}"
  for _ in $(seq 200); do
    PORT[$name]="$(jq -r 'select(.event == "listening").port' "$name.log" 2>/dev/null | tail -1)"
    [[ -n "${PORT[$name]}" ]] && curl -sk -o /dev/null "$(url "$name")/healthz" && return 0
    kill -0 "${PID[$name]}" 2>/dev/null || break
    sleep 0.05
  done
  PORT[$name]="$before"
  return 1
}
# end NAME [SIGNAL]: the exit code is the program's.
end() {
  local pid="${PID[$1]}"
  unset "PID[$1]"
  kill "-${2:-TERM}" "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
}
witness_up() { start "$1" witness run -d "$1"; }

fetch() { curl -sS --max-time 10 "$@"; }
status() { fetch -o /dev/null -w '%{http_code}' "$@"; }
# Those with a certificate in their folder speak TLS.
url() { echo "http$([[ ! -e "$1/tls.pem" ]] || echo s)://127.0.0.1:${PORT[$1]}"; }
size_of() { sed -n 2p "$1/ledger/log/checkpoint"; }
served_size() { fetch "$(url "$1")/checkpoint" | sed -n 2p; }
# Within 30 seconds.
soon() {
  for _ in $(seq 300); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  return 1
}
serves() { [[ "$(served_size "$1")" == "$2" ]]; }
# add_entries DIR WORD: a report and a second one, so two entries or more.
add_entries() {
  local n
  for n in 1 2; do
    echo "$2 $n" >"report-$2-$n.txt"
    proviso report add --source press --about cust-public-body --file "report-$2-$n.txt" \
      -d "$1" >/dev/null
  done
}
# verify_now DIR ARGUMENT...: the public files as they are now, whatever a server adds meanwhile.
verify_now() {
  rm -rf frozen
  cp -r "$1/ledger/log" frozen
  proviso verify frozen --trust trust.json "${@:2}"
}
# The body of add-checkpoint with the newest checkpoint of a data folder and no proof.
body() { printf 'old %s\n\n' "$2" && cat "$1/ledger/log/checkpoint"; }
ask() { body "$2" "$3" >request && fetch -o answer -w '%{http_code}' --data-binary @request \
  "$(url "$1")/add-checkpoint"; }

found_folder . || exit 1
LOG_KEY="$(jq -r .ledger_key trust.json)"
proviso simulate million-calls --seed 1 --hours 1 --background 5 --out usage.jsonl \
  --register register.jsonl >/dev/null
proviso register load register.jsonl -d data >/dev/null

SECTION="setting up"
for name in oslo lima cairo; do
  check "$name" 0 "key: $name.example/w\+" proviso witness init "$name" --name "$name.example/w" \
    --log "$LOG_KEY"
  that "$name: its key is its own" [ "$(stat -c %a "$name/witness.pem")" = 600 ]
  # So that the test does not wait for the rate that suits strangers.
  sed -i 's/^requests_per_second = .*/requests_per_second = 0/' "$name/witness.toml"
  that "$name runs" witness_up "$name"
done
check "a folder that is taken" 2 'is not empty' proviso witness init oslo --name a --log "$LOG_KEY"
check "a key that is none" 2 '--log' proviso witness init new --name a --log nonsense
check "no data folder" 2 'not the folder of a witness' proviso witness run -d data
check "one process on one state" 2 'another witness runs' proviso witness run -d oslo --port 0
check "nothing cosigned yet" 0 'nothing was cosigned yet' proviso witness status -d oslo
{
  echo "log $LOG_KEY"
  for name in oslo lima cairo; do
    echo "witness $name $(proviso witness status -d $name --json | jq -r .key) $(url $name)"
  done
} >witnesses
{ cat witnesses && echo "group two 2 oslo lima cairo" && echo "quorum two"; } >data/policy
cp data/policy policy
sed -i -e '/^\[witnesses\]/,$ s/^policy = .*/policy = "policy"/' \
  -e '/^\[witnesses\]/,$ s/^pace_seconds = .*/pace_seconds = 1/' data/proviso.toml

SECTION="access"
while read -r method pattern access; do
  case "$method $pattern" in
    "POST /add-checkpoint") [[ "$access" == open ]] && want=400 || want=none ;;
    "GET /{log}/checkpoint") want=404 ;;
    *) want=200 ;;
  esac
  that "$method $pattern: $access" [ "$(status -X "$method" "$(url oslo)${pattern/\{log\}/x}")" = \
    "$want" ]
  [[ "$access" == open ]] || that "$pattern: not from elsewhere" [ "$(status \
    -H 'X-Forwarded-For: 192.0.2.1' "$(url oslo)$pattern")" = 401 ]
done < <(proviso witness run --routes)
head -c 100000 /dev/zero >zeros
that "a long body: 413" [ "$(status --data-binary @zeros "$(url oslo)/add-checkpoint")" = 413 ]

SECTION="two of three"
check "verify: nobody cosigned" 3 'quorum at checkpoint: none of 3 witnesses cosigned' \
  proviso verify data/ledger --trust trust.json --policy policy
that "the server runs" start server serve -d data
that "it shows what was cosigned" soon serves server "$(size_of data)"
check "verify: enough cosigned" 0 'cosigned by' verify_now data --policy policy
add_entries data first
that "and goes on with the log" soon serves server "$(size_of data)"
fetch "$(url server)/checkpoint" >shown
that "byte for byte what lies in the folder" cmp shown data/ledger/log/checkpoint.cosigned
hash="$(printf '%s' "$(head -1 shown)" | sha256sum | cut -d' ' -f1)"
that "each witness shows it as well" [ "$(fetch "$(url oslo)/$hash/checkpoint" | sed -n 2p)" = \
  "$(size_of data)" ]
that "figures" grep -qE "^proviso_ledger_cosigned_entries $(size_of data)\$" \
  <(fetch "$(url server)/metrics")
check "a policy for another log" 2 'is for other logs' proviso verify data/ledger \
  --trust trust.json --policy "$ROOT/docs/formats/examples/witness-policy.txt"

SECTION="witnesses that are down"
end oslo KILL
add_entries data second
that "one: the quorum is still reached" soon serves server "$(size_of data)"
kept="$(size_of data)"
end lima
add_entries data third
that "two: entries are taken all the same" [ "$(size_of data)" -gt "$kept" ]
sleep 2
that "two: the last cosigned one stays" serves server "$kept"
check "two: and is what a policy proves" 0 "valid: $kept entries" verify_now data --policy policy
check "without a policy: all of it" 0 "valid: $(size_of data) entries" verify_now data
that "the server says so" soon grep -q '"outcome":"unavailable".*"witness":"lima"' server.log
that "oslo comes back after kill -9" witness_up oslo
that "and is caught up with" soon serves server "$(size_of data)"
that "lima too" witness_up lima
three_lines() { [[ "$(grep -c '^— .*\.example/w ' data/ledger/log/checkpoint.cosigned)" == 3 ]]; }
that "all three come together" soon three_lines
check "and are told" 0 '"cosigned_by":\["oslo","lima","cairo"\]' \
  verify_now data --policy policy --json

SECTION="kill -9 between requests"
for _ in 1 2 3 4 5; do
  end cairo KILL
  add_entries data again
  that "cairo starts on the state that it left" witness_up cairo
  that "and cosigns on" soon bash -c \
    "'$PROVISO_BIN/proviso' witness status -d cairo --json | grep -q '\"entries\":$(size_of data)'"
done

SECTION="rolled back"
soon serves server "$(size_of data)"
end server
cp -r data backup
top="$(size_of data)"
add_entries data lost
that "the log goes on" start server serve -d data
that "and is cosigned" soon serves server "$(size_of data)"
end server
cp data/ledger/log/checkpoint before.checkpoint
that "the backup is served" start restored serve -d backup
that "oslo knows more: told in the log" soon \
  grep -q '"outcome":"ahead".*"witness":"oslo"' restored.log
that "the cosigned one stays the old one" serves restored "$top"
add_entries backup other
add_entries backup other2
# By oslo: what the others refuse is no evidence in its folder, and they may be asked before it.
that "its new entries are refused" soon \
  grep -q '"outcome":"refused".*"status":422.*"witness":"oslo"' restored.log
that "and never shown as cosigned" serves restored "$top"
check "verify of the backup, with what was kept" 3 '(fork|rollback) at' \
  verify_now backup --since before.checkpoint
check "verify: the policy is not reached beyond" 0 "valid: $top entries" \
  verify_now backup --policy policy
end restored

SECTION="split view"
# Whoever has the key and a backup shows each witness another tree. Two new ones know neither.
cp -r backup one
cp -r backup two
add_entries one one
add_entries two two
that "two trees of one size" [ "$(size_of one)" = "$(size_of two)" ]
that "which differ" bash -c "! cmp -s one/ledger/log/checkpoint two/ledger/log/checkpoint"
for name in rome kiev; do
  proviso witness init $name --name $name.example/w --log "$LOG_KEY" >/dev/null
  sed -i 's/^requests_per_second = .*/requests_per_second = 0/' $name/witness.toml
  witness_up $name
done
that "rome cosigns the one" [ "$(ask rome one 0)" = 200 ] && cp answer rome.line
that "kiev cosigns the other" [ "$(ask kiev two 0)" = 200 ] && cp answer kiev.line
that "rome refuses the other" [ "$(ask rome two "$(size_of two)")" = 422 ]
that "kiev refuses the one" [ "$(ask kiev one "$(size_of one)")" = 422 ]
that "with another old size: 409" [ "$(ask rome two 0)" = 409 ]
that "which tells what rome knows" grep -qx "$(size_of one)" answer
end rome KILL
that "rome starts again after kill -9" witness_up rome
that "and refuses still" [ "$(ask rome two "$(size_of two)")" = 422 ]
for name in rome kiev; do
  check "$name shows the fork" 3 "FORK of .*: its key signed two trees of $(size_of one) entries" \
    proviso witness status -d $name
done
check "oslo kept what the restored log showed it" '[03]' 'FORK|not proven' \
  proviso witness status -d oslo
rome="$(proviso witness status -d rome --json | jq -r '.evidence[0].file')"
check "either log with the other's evidence: fork" 3 '^NOT VALID: fork at the earlier checkpoint' \
  proviso verify one/ledger --trust trust.json --since "$rome.refused"
check "and the other way round" 3 '^NOT VALID: fork at the earlier checkpoint' \
  proviso verify two/ledger --key "$LOG_KEY" --since "$rome.cosigned"
{
  for name in rome kiev; do
    echo "witness $name $(proviso witness status -d $name --json | jq -r .key)"
  done
  grep '^witness oslo' policy
  echo "group two 2 rome kiev oslo"
  echo "quorum two"
} >split.policy
cat one/ledger/log/checkpoint rome.line >one/ledger/log/checkpoint.cosigned
cat two/ledger/log/checkpoint kiev.line >two/ledger/log/checkpoint.cosigned
for view in one two; do
  check "neither view has two of three: $view" 3 'quorum at checkpoint.cosigned: .* of 3' \
    proviso verify $view/ledger --trust trust.json --policy split.policy
  check "alone each looks well: $view" 0 '^valid' proviso verify $view/ledger --trust trust.json
done
cat two/ledger/log/checkpoint kiev.line rome.line >two/ledger/log/checkpoint.cosigned
check "a line of the other tree is found out" 3 'cosignature at checkpoint.cosigned' \
  proviso verify two/ledger --trust trust.json --policy split.policy

SECTION="TLS and limits"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=IP:127.0.0.1 -keyout tls.key -out tls.pem 2>/dev/null
proviso witness init bonn --name bonn.example/w --log "$LOG_KEY" >/dev/null
cp bonn/witness.toml loopback.toml
sed -i 's/^address = .*/address = "0.0.0.0"/' bonn/witness.toml
check "another address needs TLS" 2 'only a loopback address' \
  proviso witness run -d bonn --port 0
cp loopback.toml bonn/witness.toml
cp tls.key tls.pem bonn/
sed -i -e 's/^tls_certificate = .*/tls_certificate = "tls.pem"/' \
  -e 's/^tls_key = .*/tls_key = "tls.key"/' \
  -e 's/^requests_per_second = .*/requests_per_second = 1/' \
  -e 's/^requests_burst = .*/requests_burst = 3/' bonn/witness.toml
that "a witness behind TLS" witness_up bonn
{ echo "witness bonn $(proviso witness status -d bonn --json | jq -r .key) $(url bonn)" &&
  echo "quorum bonn"; } | tee bonn.policy >one/policy
sed -i -e '/^\[witnesses\]/,$ s/^policy = .*/policy = "policy"/' one/proviso.toml
that "its log asks over https" start single serve -d one
that "a certificate that nobody vouches for is not believed" soon \
  grep -q '"outcome":"unavailable".*"status":0.*"witness":"bonn"' single.log
that "nothing is shown that is not cosigned" [ "$(status "$(url single)/checkpoint")" = 503 ]
that "nor is it ready" [ "$(status "$(url single)/readyz")" = 503 ]
end single
cp tls.pem one/ca.pem
sed -i -e '/^\[witnesses\]/,$ s/^ca_file = .*/ca_file = "ca.pem"/' one/proviso.toml
that "with its certificate" start single serve -d one
that "it cosigns" soon serves single "$(size_of one)"
check "and that is what the policy asks for" 0 'cosigned by bonn' \
  proviso verify one/ledger --trust trust.json --policy bonn.policy
codes="$(for _ in 1 2 3 4 5 6; do status -k "$(url bonn)/healthz"; echo; done | tr '\n' ' ')"
that "who asks too often: 429 ($codes)" grep -q 429 <<<"$codes"
end single

SECTION="docs/witness.md"
# Its commands, as they stand there; the port alone is another.
mapfile -t commands < <(grep -E '^proviso witness (init|run|status) ' "$ROOT/docs/witness.md" |
  sed "s|DIR|guide|g; s|LOG_KEY|$LOG_KEY|g")
that "has three" [ "${#commands[@]}" = 3 ]
for command in "${commands[@]}"; do
  read -r -a words <<<"${command#proviso }"
  case "${words[1]}" in
    run) that "$command" start guide "${words[@]}" ;;
    *) check "$command" 0 'witness.example.org/proviso' proviso "${words[@]}" ;;
  esac
done
that "the witness of the guide cosigns" [ "$(ask guide one 0)" = 200 ]

SECTION="another's key"
proviso init other --origin log.example.com/terms >/dev/null
that "a log of the same name, another key: 403" [ "$(ask rome other 0)" = 403 ]
proviso init stranger --origin log.example.com/other >/dev/null
that "a log that is not watched: 404" [ "$(ask rome stranger 0)" = 404 ]

SECTION="damage"
end rome
state="$(ls rome/state)"
cp two/ledger/log/checkpoint "rome/state/$state"
check "a state that it did not write" 2 'not a checkpoint that this witness cosigned' \
  proviso witness run -d rome --port 0
for name in oslo lima cairo kiev guide bonn; do
  that "$name stops with 0" end $name
done
that "no address stands in a log" bash -c "! grep -hE '127\.0\.0\.1' ./*.log | grep -q ."
end_checks

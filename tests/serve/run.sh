#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The real server on a free loopback port, asked with curl and with bytes that curl would not send:
# the ledger's files byte for byte, headers, who may ask what, limits, TLS, and how it stops.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/lib/found.sh
source tests/lib/found.sh
# shellcheck source=tests/lib/check.sh
source tests/lib/check.sh
cd "$TMPDIR" || exit 1
SERVER=""
trap '[[ -z "$SERVER" ]] || kill "$SERVER" 2>/dev/null' EXIT

# Sets SERVER (pid), PORT, URL; its log is server.log.
start_server() {
  "$PROVISO_BIN/proviso" serve -d data --port 0 2>server.log >server.out &
  SERVER=$!
  PORT=""
  for _ in $(seq 200); do
    PORT="$(jq -r 'select(.event == "listening").port' server.log 2>/dev/null | head -1)"
    [[ -z "$PORT" ]] || break
    kill -0 "$SERVER" 2>/dev/null || break
    sleep 0.05
  done
  URL="http://127.0.0.1:$PORT"
}

# end_server SIGNAL: sends it and waits; the exit code is the server's.
end_server() {
  local pid="$SERVER"
  SERVER=""
  kill "-$1" "$pid"
  wait "$pid"
}
stop_server() { end_server TERM; }

fetch() { curl -sS --max-time 10 "$@"; }
status() { fetch -o /dev/null -w '%{http_code}' "$@"; }
# shellcheck disable=SC2317  # called by `that`
expect_status() { [[ "$(status "${@:2}")" == "$1" ]]; }
header() { fetch -o /dev/null -D - "${@:2}" | tr -d '\r' | grep -i "^$1: " | cut -d' ' -f2-; }
# raw BYTES: writes them as they are (printf escapes) and prints the answer.
raw() {
  exec 9<>"/dev/tcp/127.0.0.1/$PORT" || return 1
  # shellcheck disable=SC2059  # escapes are meant
  printf "$1" >&9
  timeout 10 cat <&9
  exec 9<&- 9>&-
}
set_serve() { sed -i "s|^$1 = .*|$1 = $2|" data/proviso.toml; }

found_folder . || exit 1
LOG=data/ledger/log

SECTION="ledger"
start_server
that "the server listens" [ -n "$PORT" ]
check "a second server is refused" 2 'another server runs' proviso serve -d data --port 0
that "the folder is still open to commands" proviso case list -d data
fetch "$URL/checkpoint" >got && that "checkpoint" cmp got $LOG/checkpoint
while read -r file; do
  fetch "$URL/$file" >got && that "$file" cmp got "$LOG/$file"
done < <(cd $LOG && find tile -type f | sort)
mkdir -p $LOG/tile/entries/x001 $LOG/tile/0/x123
head -c 8192 /dev/urandom >$LOG/tile/0/x123/456
fetch "$URL/tile/0/x123/456" >got && that "a full tile" cmp got $LOG/tile/0/x123/456
# A bundle of 256 entries of 200 bytes each, as a log of that size has it.
for _ in $(seq 256); do printf '\0\310%0200d' 7; done >$LOG/tile/entries/x001/002
fetch "$URL/tile/entries/x001/002" >got && that "a full bundle" cmp got $LOG/tile/entries/x001/002
for encoding in gzip zstd; do
  fetch -H "Accept-Encoding: $encoding" "$URL/tile/entries/x001/002" >packed
  that "$encoding is smaller" [ "$(stat -c %s packed)" -lt 10000 ]
  case "$encoding" in gzip) gzip -dc <packed >got ;; zstd) zstd -dqc <packed >got ;; esac
  that "a bundle in $encoding" cmp got $LOG/tile/entries/x001/002
  that "$encoding is told" [ "$(header Content-Encoding -H "Accept-Encoding: $encoding" \
    "$URL/tile/entries/x001/002")" = "$encoding" ]
done
that "hashes are not packed" [ -z "$(header Content-Encoding -H 'Accept-Encoding: gzip' \
  "$URL/tile/0/x123/456")" ]
head -c 8000 /dev/urandom >$LOG/tile/0/x123/457
that "a tile that is cut short is not served" expect_status 503 "$URL/tile/0/x123/457"

SECTION="headers"
partial="tile/0/000.p/1"
that "full: immutable" [ "$(header Cache-Control "$URL/tile/0/x123/456")" = \
  "public, max-age=31536000, immutable" ]
that "partial: short" [ "$(header Cache-Control "$URL/$partial")" = "public, max-age=60" ]
that "checkpoint: seconds" [ "$(header Cache-Control "$URL/checkpoint")" = "public, max-age=5" ]
that "checkpoint: text" [ "$(header Content-Type "$URL/checkpoint")" = \
  "text/plain; charset=utf-8" ]
that "tile: bytes" [ "$(header Content-Type "$URL/$partial")" = "application/octet-stream" ]
that "scripts may read" [ "$(header Access-Control-Allow-Origin "$URL/checkpoint")" = "*" ]
that "not found: not kept" [ "$(header Cache-Control "$URL/tile/0/x999/000")" = "no-store" ]
etag="$(header ETag "$URL/$partial")"
that "same ETag: 304" expect_status 304 -H "If-None-Match: $etag" "$URL/$partial"
that "other ETag: 200" expect_status 200 -H 'If-None-Match: "x"' "$URL/$partial"
that "HEAD tells the length" [ "$(header Content-Length -I "$URL/$partial")" = 32 ]

SECTION="paths"
printf 'secret' >data/ledger/log/secret
for path in /secret /tile/../checkpoint /tile/0/../../secret /tile/%2e%2e/secret \
  /tile/..%2fsecret /tile/%2e%2e%2f%2e%2e%2fwal /../../proviso.toml \
  /tile/0/000.p/1/../../../secret //checkpoint /tile//0/000 /tile/0/000.p/0 /tile/0/000.p/256 \
  /tile/0/000.p/01 /tile/0/0 \
  /tile/00/000 /tile/64/000 /tile/0/x000/000 /tile/entries/../../checkpoint /tile /tile/ / /wal \
  '/tile/0/000%00' '/checkpoint%2f' /checkpoint/ /ledger/wal /keys/ledger.pem; do
  code="$(status --path-as-is "$URL$path")"
  that "$path gives nothing ($code)" [ "$code" = 404 -o "$code" = 400 ]
done

SECTION="access"
token="$(proviso token new scraper --scope metrics -d data --json | jq -r .token)"
gate_token="$(proviso token new gate --scope gate -d data --json | jq -r .token)"
check "a name is used once" 2 'there is a token of this name' \
  proviso token new scraper --scope metrics -d data
check "an unknown scope" 2 'no .everything.' proviso token new all --scope everything -d data
check "a token needs a scope" 2 'scope' proviso token new bare -d data
that "tokens.json is private" [ "$(stat -c %a data/tokens.json)" = 600 ]
that "the token is not in the folder" bash -c "! grep -rqF '${token#pvt_}' data"
# Each route as the server lists it: GET without a token from elsewhere, with a wrong one, with it.
away=(-H 'X-Forwarded-For: 192.0.2.1')
routes=0
while read -r method pattern access; do
  routes=$((routes + 1))
  path="${pattern/\{path...\}/0/000.p/1}"
  that "$method $pattern has a path to ask" [ "${path/\{/}" = "$path" ]
  case "$access" in
    open) that "$pattern: open" expect_status 200 -X "$method" "${away[@]}" "$URL$path" ;;
    "token metrics"*)
      that "$pattern: no token" expect_status 401 -X "$method" "${away[@]}" "$URL$path"
      that "$pattern: a wrong token" expect_status 401 -X "$method" \
        -H "Authorization: Bearer pvt_$(printf '0%.0s' $(seq 64))" "$URL$path"
      that "$pattern: no bearer" expect_status 401 -X "$method" -u "a:$token" "$URL$path"
      that "$pattern: the token" expect_status 200 -X "$method" "${away[@]}" \
        -H "Authorization: Bearer $token" "$URL$path" ;;
    "token gate")  # a WebSocket: who may open one is told that this is none
      that "$pattern: no token" expect_status 401 -X "$method" "$URL$path"
      that "$pattern: a wrong token" expect_status 401 -X "$method" \
        -H "Authorization: Bearer pvt_$(printf '0%.0s' $(seq 64))" "$URL$path"
      that "$pattern: a token for other things" expect_status 403 -X "$method" \
        -H "Authorization: Bearer $token" "$URL$path"
      that "$pattern: the token" expect_status 426 -X "$method" \
        -H "Authorization: Bearer $gate_token" "$URL$path" ;;
    *) verdict 1 "$pattern: no authorisation test for '$access'" ;;
  esac
done < <(proviso serve --routes)
that "all routes were asked" [ "$routes" -ge 6 ]
that "this machine may read metrics" expect_status 200 "$URL/metrics"
that "another method" expect_status 405 -X DELETE "$URL/checkpoint"
that "Allow tells which" [ "$(header Allow -X DELETE "$URL/checkpoint")" = "GET, HEAD" ]
fetch "$URL/metrics" >metrics
that "entries are counted" grep -qE '^proviso_ledger_entries [1-9]' metrics
that "requests are counted" grep -qF 'route="/checkpoint",status="200"} ' metrics
proviso token remove scraper -d data >/dev/null
that "a removed token is refused at once" expect_status 401 -H "Authorization: Bearer $token" \
  "$URL/metrics"
OUT="$(fetch "$URL/nothing")"
json "errors are problem documents" '.status == 404 and .title == "Not Found" and .detail'

SECTION="new entries"
size() { fetch "$URL/checkpoint" | sed -n 2p; }
before="$(size)"
proviso simulate million-calls --seed 1 --hours 1 --background 5 --out usage.jsonl \
  --register register.jsonl >/dev/null
proviso register load register.jsonl -d data >/dev/null
proviso review usage.jsonl -d data >/dev/null
after="$(size)"
that "what a command wrote is served ($before, $after)" [ "$after" -gt "$before" ]

SECTION="stop"
that "SIGTERM ends it with 0" stop_server
that "it says so" grep -q '"event":"stopped"' server.log
that "every line of the log is JSON" jq -e . server.log
that "no address is in the log" bash -c "! grep -qE '127\.0\.0\.1|192\.0\.2\.1|curl' server.log"
start_server
that "SIGINT too" end_server INT

SECTION="scrub"
# log_says EVENT: waits until the server's log has it.
# shellcheck disable=SC2317  # called by `that`
log_says() {
  for _ in $(seq 100); do
    jq -e "select(.event == \"$1\")" server.log >/dev/null 2>&1 && return
    sleep 0.1
  done
  return 1
}
entries="$(sed -n 2p $LOG/checkpoint)"
start_server
that "the log is read through" log_says ledger_scrubbed
that "all of it" [ "$(jq 'select(.event == "ledger_scrubbed").entries' server.log)" = "$entries" ]
fetch "$URL/metrics" >metrics
that "and it is sound" grep -qE '^proviso_ledger_damaged 0' metrics
stop_server
bundle="$LOG/tile/entries/000"
[[ -e "$bundle" ]] || bundle="$bundle.p/$entries"
cp "$bundle" sound
printf 'X' | dd of="$bundle" bs=1 seek=500 conv=notrunc status=none
start_server
that "a changed byte is told" log_says ledger_damaged
OUT="$(jq -c 'select(.event == "ledger_damaged")' server.log)"
json "what and where" '.class == "leaf-hash" and (.where | startswith("tile/entries/000"))'
fetch "$URL/metrics" >metrics
that "it can be alerted on" grep -qE '^proviso_ledger_damaged 1' metrics
that "the rest is served" expect_status 200 "$URL/checkpoint"
stop_server
cp sound "$bundle"
"$PROVISO_BIN/proviso" serve -d data --port 0 --scrub-hours 0 2>server.log >server.out &
SERVER=$!
sleep 1
stop_server
that "none where none is wanted" bash -c "! grep -q ledger_scrubbed server.log"

SECTION="limits"
set_serve header_seconds 1
set_serve idle_seconds 2
set_serve connections_per_client_max 8
start_server
OUT="$(raw 'GET /checkpoint HTTP/1.1\r\nHost: a\r\n')"
that "a slow head: 408" grep -q '^HTTP/1.1 408' <<<"$OUT"
long="$(head -c 20000 /dev/zero | tr '\0' x)"
OUT="$(raw "GET /checkpoint HTTP/1.1\r\nHost: a\r\nX: $long\r\n\r\n")"
that "a huge head: 431" grep -q '^HTTP/1.1 431' <<<"$OUT"
OUT="$(raw 'POST /checkpoint HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n')"
that "no body where none is due" grep -qE '^HTTP/1.1 (405|413)' <<<"$OUT"
live='GET /healthz HTTP/1.1\r\nHost: a\r\n'
OUT="$(raw "$live\r\n${live}Connection: close\r\n\r\n")"
that "pipelined requests" [ "$(grep -c '^live' <<<"$OUT")" = 2 ]
OUT="$(raw '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n')"
that "TLS where none is spoken: 400" grep -q '^HTTP/1.1 400' <<<"$OUT"
held=()
for _ in $(seq 8); do exec {fd}<>"/dev/tcp/127.0.0.1/$PORT" && held+=("$fd"); done
OUT="$(raw 'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')"
that "one connection too many: 429" grep -q '^HTTP/1.1 429' <<<"$OUT"
that "with Retry-After" grep -q '^Retry-After: ' <<<"$OUT"
for fd in "${held[@]}"; do exec {fd}<&-; done
sleep 0.3
that "and then it is served again" expect_status 200 "$URL/healthz"
stop_server
set_serve requests_per_second 1
set_serve requests_burst 3
start_server
codes="$(for _ in 1 2 3 4 5 6; do status "$URL/healthz"; echo; done | tr '\n' ' ')"
that "a client that asks too often: 429 ($codes)" grep -q 429 <<<"$codes"
stop_server
set_serve requests_per_second 0

SECTION="stop under load"
set_serve connections_per_client_max 64
start_server
mkdir load
for worker in 1 2 3 4; do
  # Every answer that begins is whole, up to the one that is refused because nobody listens.
  while fetch "$URL/tile/entries/x001/002" >"load/$worker" 2>"load/$worker.err"; do
    cmp -s "load/$worker" $LOG/tile/entries/x001/002 || echo broken >>load/broken
    echo >>load/answers
  done &
done
sleep 1.5
that "SIGTERM under load ends it with 0" stop_server
# shellcheck disable=SC2046  # pids
wait $(jobs -p) 2>/dev/null
that "answers came ($(wc -l <load/answers))" [ "$(wc -l <load/answers)" -gt 10 ]
that "no answer was cut" [ ! -e load/broken ]
that "refused, not cut (curl 7)" bash -c "! grep -hvE 'curl: \((7|52|56)\)' load/*.err | grep -q ."

SECTION="TLS"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=IP:127.0.0.1 -keyout data/tls.key -out data/tls.pem 2>/dev/null
set_serve address '"0.0.0.0"'
check "another address needs TLS" 2 'only a loopback address' proviso serve -d data --port 0
set_serve tls_certificate '"tls.pem"'
check "a certificate needs its key" 2 'go together' proviso serve -d data --port 0
set_serve tls_key '"proviso.toml"'
check "a key that is none" 2 'no PEM private key' proviso serve -d data --port 0
set_serve tls_key '"tls.key"'
start_server
that "it listens" [ -n "$PORT" ]
URL="https://127.0.0.1:$PORT"
fetch --cacert data/tls.pem "$URL/checkpoint" >got && that "over TLS" cmp got $LOG/checkpoint
check "an unknown certificate is the client's to refuse" 60 'certificate' fetch "$URL/checkpoint"
for version in 1.2 1.3; do
  that "TLS $version" fetch --cacert data/tls.pem "--tlsv$version" --tls-max "$version" \
    "$URL/healthz"
done
that "no TLS 1.1" bash -c "! curl -sS --max-time 5 --ciphers DEFAULT@SECLEVEL=0 --tlsv1.1 \
  --tls-max 1.1 --cacert data/tls.pem '$URL/healthz' 2>/dev/null"
OUT="$(raw 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')"
that "plain HTTP gets no answer" [ "${OUT/HTTP/}" = "$OUT" ]
that "and it goes on" expect_status 200 --cacert data/tls.pem "$URL/healthz"
that "SIGTERM ends it with 0" stop_server
end_checks

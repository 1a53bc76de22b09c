# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Keys that stay where they live: an ssh-agent's and a token's. Sourced by run.sh.

unset SSH_AUTH_SOCK
check "no agent" 1 'SSH_AUTH_SOCK is not set' proviso key public cleo --key ssh-agent: --out c.pub
check "an agent that is not there" 1 'no agent answers' \
  env SSH_AUTH_SOCK="$PWD/nothing" "$PROVISO_BIN/proviso" \
  key public cleo --key ssh-agent: --out c.pub

eval "$(ssh-agent -s -a "$TMPDIR/agent")" >/dev/null
AGENT_TO_STOP="$SSH_AGENT_PID"
ssh-keygen -q -t ecdsa -N '' -C elliptic -f ecdsa
ssh-add -q ecdsa
check "an agent without an Ed25519 key" 2 'no such Ed25519 key' \
  proviso key public cleo --key ssh-agent: --out c.pub
ssh-keygen -q -t ed25519 -N '' -C cleo@desk -f cleo
ssh-add -q cleo
check "the only Ed25519 key needs no name" 0 '"key":"[0-9a-f]{64}"' \
  proviso key public cleo --key ssh-agent: --out cleo.proviso.pub --json
check "key public never overwrites" 2 'exists already' \
  proviso key public cleo --key ssh-agent: --out cleo.proviso.pub
ssh-keygen -q -t ed25519 -N '' -C dora@desk -f dora
ssh-add -q dora
check "of two keys one must be named" 2 'which of these keys.*cleo@desk dora@desk' \
  proviso key public dora --key ssh-agent: --out dora.proviso.pub
check "by its comment" 0 'give this to the operator' \
  proviso key public dora --key ssh-agent:dora@desk --out dora.proviso.pub
FINGERPRINT="$(ssh-keygen -lf cleo.pub | cut -d' ' -f2)"
check "by its fingerprint" 0 'give this to the operator' \
  proviso key public cleo --key "ssh-agent:$FINGERPRINT" --out again.pub
that "both name the same key" cmp -s cleo.proviso.pub again.pub

export SOFTHSM2_CONF="$PWD/softhsm2.conf"
mkdir tokens
printf 'directories.tokendir = %s\nobjectstore.backend = file\n' "$PWD/tokens" >softhsm2.conf
softhsm2-util --init-token --free --label desk --pin 4711 --so-pin 12345678 >/dev/null
MODULE="$(dpkg -L libsofthsm2 | grep -m1 'libsofthsm2\.so$')"
pkcs11-tool --module "$MODULE" --login --pin 4711 --keypairgen --key-type EC:edwards25519 \
  --label dora --id 01 >/dev/null 2>&1
echo 4711 >pin
echo 1147 >wrong-pin
TOKEN="pkcs11:token=desk;object=dora?module-path=$MODULE"
check "a token" 0 'give this to the operator' \
  proviso key public hanna --key "$TOKEN" --passphrase-file pin --out hanna.pub
check "a wrong PIN" 2 'PIN' \
  proviso key public x --key "$TOKEN" --passphrase-file wrong-pin --out x.pub
check "another token" 2 'no such token' proviso key public x \
  --key "pkcs11:token=other?module-path=$MODULE" --passphrase-file pin --out x.pub
check "another object" 2 'no such Ed25519 private key' proviso key public x \
  --key "pkcs11:token=desk;object=other?module-path=$MODULE" --passphrase-file pin --out x.pub
check "no module" 2 'module-path' \
  proviso key public x --key pkcs11:token=desk --passphrase-file pin --out x.pub
check "a module that is none" 1 'x.so' proviso key public x \
  --key 'pkcs11:token=desk?module-path=/nowhere/x.so' --passphrase-file pin --out x.pub
check "no PKCS #11 URI" 2 'not a PKCS #11 URI' \
  proviso key public x --key 'pkcs11:%zz' --passphrase-file pin --out x.pub
check "a part that nobody knows" 2 'not known' proviso key public x \
  --key "pkcs11:tokn=desk?module-path=$MODULE" --passphrase-file pin --out x.pub
that "no failure leaves a file" test ! -e x.pub

# The agent proposes, the token and the other agent's key approve: what they sign holds at a gate.
proviso init kept --origin log.example.com/keys >/dev/null
for pair in cleo.proviso:proposer dora.proviso:approver hanna:approver; do
  proviso roster add "${pair%:*}.pub" --role "${pair#*:}" -d kept >/dev/null
done
proviso roster seal -d kept --approvals 2 --out keys-trust.json >/dev/null
proviso register load register.jsonl -d kept >/dev/null
proviso review usage.jsonl -d kept >/dev/null
KEYS_CASE="$(proviso case list -d kept --json | jq -r .id)"
proviso order propose -d kept --case "$KEYS_CASE" --scope "$SUB/storage:write" \
  --stage deny --until +30d --term T-SURVEILLANCE --reason reason.txt \
  --key ssh-agent:cleo@desk --json >proposed 2>&1
KEYS_ORDER="$(digest_of <proposed)"
that "an agent's key proposes" test -n "$KEYS_ORDER"
proviso order export "$KEYS_ORDER" -d kept --out exported >/dev/null
check "an agent's key approves" 0 'signed by' \
  proviso order sign exported --key ssh-agent:dora@desk --out dora.sig
check "a token's key approves" 0 'signed by' \
  proviso order sign exported --key "$TOKEN" --passphrase-file pin --out hanna.sig
check "the first counts" 0 'waits for 1 more' \
  proviso order approve "$KEYS_ORDER" --signature dora.sig -d kept
check "with the second it is in force" 0 'in force: 2 of 2' \
  proviso order approve "$KEYS_ORDER" --signature hanna.sig -d kept
proviso gate snapshot -d kept --out keys-snapshot >/dev/null
check "and a gate refuses" 3 'deny' proviso gate check --snapshot keys-snapshot \
  --trust keys-trust.json --subscription "$SUB" --service storage --operation PutObject
kill "$AGENT_TO_STOP"
for _ in $(seq 100); do [[ -S "$TMPDIR/agent" ]] || break; sleep 0.05; done  # it is still ending
check "an agent that has gone" 1 'no agent answers' \
  proviso order sign exported --key ssh-agent:dora@desk --out again.sig

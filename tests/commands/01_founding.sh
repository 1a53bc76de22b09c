# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# init, key new, roster: sourced by run.sh.

check "without a command: usage" 2 'subcommand|COMMAND|Run with --help' proviso
check "an unknown command" 2 '.' proviso frobnicate
check "a usage error names the help of its command" 2 'see: proviso order propose --help' \
  proviso order propose
check "--help" 0 'review' proviso --help
check "--help of a command" 0 '--scope' proviso order propose --help
check "no data folder" 2 'not a data folder' proviso case list -d nowhere
check "no -d" 2 'give -d DIR' proviso case list

check "init" 0 'data folder' proviso init new --origin log.example.com/new
for file in proviso.toml catalogue.json terms.json rulebook/departure.yml \
  field_policy/proviso-usage.json store.sqlite ledger/log/checkpoint; do
  that "init makes $file" test -e "new/$file"
done
check "init --json" 0 '"dir":"other"' proviso init other --json
check "init without a name" 2 'name is empty' proviso init ""
check "init of a folder that is not empty" 2 'not empty' proviso init new

echo "a long passphrase" >passphrase
check "key new --no-passphrase warns" 0 'warning: no passphrase' \
  proviso key new ada --out ada --no-passphrase
check "key new --passphrase-file" 0 'private: locked' \
  proviso key new locked --out locked --passphrase-file passphrase
that "the key is encrypted" grep -q ENCRYPTED locked
that "nobody else may read a key" test "$(stat -c %a locked)" = 600
check "key new --json" 0 '"key":"[0-9a-f]{64}"' proviso key new ben --out ben --no-passphrase --json
check "key new never overwrites" 2 'exists already' proviso key new ada --out ada --no-passphrase
check "a passphrase and none" 2 'not both' \
  proviso key new ada --out both --no-passphrase --passphrase-file passphrase
that "and no key is left" test ! -e both
check "key new with a bad name" 2 'name' proviso key new 'a+b' --out c --no-passphrase
check "no passphrase and no terminal" 2 'passphrase' \
  setsid -w "$PROVISO_BIN/proviso" key new x --out x

check "seal with nobody" 2 'approvers' proviso roster seal -d new --approvals 2 --out t.json
check "roster add an approver" 0 'as approver' proviso roster add ada.pub --role approver -d new
check "roster add the same key again" 2 'already' proviso roster add ada.pub --role approver -d new
check "roster add with an unknown role" 2 'role' proviso roster add ben.pub --role king -d new
echo nonsense >bad.pub
check "roster add of no key" 2 '^error: bad.pub:1:1: ' \
  proviso roster add bad.pub --role approver -d new
check "roster add from outside" 0 'outside' \
  proviso roster add ben.pub --role approver --outside -d new
check "roster add a proposer" 0 'as proposer' \
  proviso roster add locked.pub --role proposer --person pat -d new
check "nothing is reviewed before the seal" 2 'not sealed' proviso review usage.jsonl -d new
check "one approval is too few" 2 '2 to 100' proviso roster seal -d new --approvals 1 --out t.json
check "more approvals than people" 2 'roster has 2 approvers' \
  proviso roster seal -d new --approvals 3 --out t.json
that "a seal that fails leaves no trust file" test ! -e t.json
echo kept >t.json
check "seal fails again" 2 'roster has 2 approvers' \
  proviso roster seal -d new --approvals 3 --out t.json
that "and leaves a file that was there as it was" grep -qx kept t.json
rm t.json
check "no trust file before the seal" 2 'not sealed' proviso roster trust -d new --out t.json
cp new/catalogue.json kept.json
sed -i 's/"PutObject":"write"/"PutObject":"wrote"/' new/catalogue.json
check "a broken catalogue is not sealed" 2 \
  '^error: new/catalogue.json:[0-9]+:[0-9]+: .*not an action class' \
  proviso roster seal -d new --approvals 2 --out t.json
mv kept.json new/catalogue.json
cp new/rulebook/departure.yml departure.yml
sed -i 's/T-DEPARTURE/T-UNKNOWN/' new/rulebook/departure.yml
check "nor a rule of unknown terms" 2 '^error: new/rulebook/departure.yml:[0-9]+:[0-9]+: ' \
  proviso roster seal -d new --approvals 2 --out t.json
mv departure.yml new/rulebook/departure.yml
# Witnesses whose cosignatures gates and verifiers are to ask for.
openssl genpkey -algorithm ed25519 -out oslo.pem 2>/dev/null
log_maker() { python3 "$ROOT/tests/lib/log_maker.py" "$@"; }
{
  echo "# One is enough."
  echo "log $(log_maker vkey log.example.com/new new/keys/ledger.pem log)"
  echo "witness oslo $(log_maker vkey oslo oslo.pem witness) https://oslo.example"
  echo "quorum oslo"
} >policy
sed '/^quorum/d' policy >broken.policy
check "a policy that is none is not sealed" 2 '^error: broken.policy:3:1: no quorum line' \
  proviso roster seal -d new --approvals 2 --witnesses broken.policy --out t.json
check "nor one for another log" 2 'is for other logs' proviso roster seal -d new --approvals 2 \
  --witnesses "$ROOT/docs/formats/examples/witness-policy.txt" --out t.json
check "nor one that is not there" 2 'absent' \
  proviso roster seal -d new --approvals 2 --witnesses absent --out t.json
check "an empty name of a policy" 2 'witnesses: is empty' \
  proviso roster seal -d new --approvals 2 --witnesses "" --out t.json
that "none of them left a trust file" test ! -e t.json
check "seal" 0 'the founding is sealed' proviso roster seal -d new --approvals 2 --out t.json \
  --witnesses policy
that "the trust file has the policy's lines" cmp <(grep -v '^#' policy) \
  <(jq -r '.witnesses[]' t.json)
check "which verifiers ask for" 3 'quorum at checkpoint' proviso verify new/ledger --trust t.json
echo "quorum none" >nobody
check "roster trust with other witnesses" 0 'trust file' \
  proviso roster trust -d new --witnesses nobody --out other.json
check "who are asked for instead" 0 'cosigned by nobody' \
  proviso verify new/ledger --trust other.json
check "roster trust with a policy that is none" 2 '^error: broken.policy' \
  proviso roster trust -d new --witnesses broken.policy --out again.json
that "the trust file names ledger, key and genesis" jq -e \
  '.version == 1 and .ledger == "log.example.com/new" and (.genesis | test("^[0-9a-f]{64}$"))' \
  t.json
check "roster trust writes the trust file again" 0 'trust file of ledger log.example.com/new' \
  proviso roster trust -d new --out again.json
that "the same bytes" cmp t.json again.json
check "roster trust --json" 0 '"genesis":"[0-9a-f]{64}"' \
  proviso roster trust -d new --out again.json --json
check "roster trust where nothing can be written" 2 'nowhere/t.json' \
  proviso roster trust -d new --out nowhere/t.json
check "seal again" 2 'sealed already' proviso roster seal -d new --approvals 2 --out t2.json
check "roster list" 0 'restrict: 2 approvals' proviso roster list -d new
check "roster list --json" 0 '.' proviso roster list -d new --json
json "it has the roster without names" \
  '(.roster | length == 3) and ([.roster[].person | test("^p-")] | all) and .policy.lift == 1'
check "after the seal the roster changes by orders" 2 'the roster changes by orders' \
  proviso roster add keys/director.pub --role approver -d new

# What is done while the founding is open waits for the genesis, which is the first entry.
proviso init early --origin log.example.com/early >/dev/null
proviso register load register.jsonl -d early >/dev/null
for name in ada ben; do proviso roster add "$name.pub" --role approver -d early >/dev/null; done
check "seal after a register was loaded" 0 'sealed' \
  proviso roster seal -d early --approvals 2 --out early.json
check "the genesis is the first entry all the same" 0 'valid: 2 entries' \
  proviso verify early/ledger --trust early.json

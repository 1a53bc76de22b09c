#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reviews records full of canaries and searches everything that Proviso wrote and said for them.

What is looked for: the text itself in any case, its hexadecimal and its base64 form at each of the
three alignments, in every file of the data folder, in every value of the store (decoded and
decompressed where it is), and in standard output and standard error."""
import argparse
import base64
import binascii
import copy
import csv
import io
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys

PROVISO = os.environ["PROVISO_BIN"] + "/proviso"
DROPPED, HASHED, BROKEN, KEPT = "Zq7dropped", "Zq7hashed", "Zq7broken", "zq7kept"
LATER = "2026-03-01T11:00:00Z"

# A valid record of each format, with KEPT in a field that rollups keep.
BASES = {
    "proviso-usage": {
        "specversion": "1.0", "type": "com.proviso.usage.v1", "id": "u-1", "time": LATER,
        "data": {"subscription": "sub-1", "service": "storage", "operation": "PutObject",
                 "region": KEPT, "count": 3, "amounts": [{"unit": "bytes", "quantity": 5}],
                 "window": {"start": "2026-03-01T10:00:00Z", "end": LATER}}},
    "aws-cloudtrail": {
        "eventVersion": "1.08", "eventTime": LATER, "eventSource": "s3.amazonaws.com",
        "eventName": "PutObject", "awsRegion": KEPT, "eventID": "c-1",
        "recipientAccountId": "123456789012", "userIdentity": {"type": "IAMUser"},
        "resources": [{"type": "AWS::S3::Bucket"}]},
    "azure-activity": {
        "eventTimestamp": LATER, "eventDataId": "a-1", "subscriptionId": "sub-az",
        "operationName": {"value": "Microsoft.Storage/write"},
        "resourceProviderName": {"value": KEPT}, "status": {"value": "Succeeded"}},
    "azure-storage-blob-logs": {
        "TimeGenerated": LATER, "_SubscriptionId": "sub-az", "ServiceType": "blob",
        "OperationName": "PutBlob", "Location": KEPT, "RequestBodySize": 5},
    "focus-csv": {
        "BillingAccountId": "b-1", "SubAccountId": "sub-f", "ProviderName": "P",
        "ServiceName": "Storage", "SkuMeter": "Put", "RegionId": KEPT,
        "ChargePeriodStart": "2026-03-01T10:00:00Z", "ChargePeriodEnd": LATER,
        "ConsumedQuantity": "5", "ConsumedUnit": "GB"},
    "ocsf-api-activity": {
        "class_uid": 6003, "time": 1772362800000, "metadata": {"uid": "o-1"},
        "cloud": {"provider": "P", "region": KEPT, "account": {"uid": "sub-o"}},
        "api": {"operation": "Put", "service": {"name": "storage"}},
        "resources": [{"type": "bucket"}]},
    "otel-gen-ai": {
        "time": LATER, "attributes": {
            "gen_ai.provider.name": "model-host", "gen_ai.operation.name": "chat",
            "cloud.account.id": "sub-g", "cloud.region": KEPT,
            "gen_ai.usage.input_tokens": 4, "gen_ai.usage.output_tokens": 5}},
    "azure-llm-trace": {
        "TIMESTAMP": "2026-03-01 11:00:00.0000000", "ContextTokens": "4", "GeneratedTokens": "5"},
}
SHAPES = ("text", "object", "list", "number_text")


def shaped(shape, text):
    return {"text": text, "object": {"deep": {text: [text]}}, "list": [text, {"x": text}],
            "number_text": f"7{text}"}[shape]


def put(record, path, value):
    """Sets the member at a policy's path; `x[]` is a list of objects, `x.*` any member of x."""
    at = record
    *parents, last = path.replace(".*", ".anything").split(".")
    for part in parents:
        inner = at.setdefault(part.removesuffix("[]"), [{}] if part.endswith("[]") else {})
        at = inner[0] if isinstance(inner, list) else inner
        if not isinstance(at, dict):
            return
    if not isinstance(at.get(last.removesuffix("[]")), (dict, list)):
        at[last.removesuffix("[]")] = value


def planted(policy, shape):
    """The base record with canaries in all that the policy drops, hashes, or does not name."""
    record = copy.deepcopy(BASES[policy["format"]])
    bag = record.get("attributes", record) if policy.get("literal_names") else record
    for path in policy.get("drop", []):
        if policy.get("literal_names") and policy["syntax"] == "json":
            name = path.replace(".*", ".anything")
            bag[name] = shaped(shape, DROPPED)
            record[name] = shaped(shape, DROPPED)
        else:
            put(record, path, shaped(shape, DROPPED))
    for path in policy.get("hash", []):
        if policy.get("literal_names") and policy["syntax"] == "json":
            bag[path] = HASHED
        else:
            put(record, path, HASHED)
    record["unnamed"] = shaped(shape, DROPPED)
    record[DROPPED + "name"] = 1
    for inner in [v for v in record.values() if isinstance(v, dict)]:
        inner["unnamed"] = shaped(shape, DROPPED)
    return record


def json_lines(policy):
    records = []
    for number, shape in enumerate(SHAPES):
        record = planted(policy, shape)
        for holder, name in ((record, "id"), (record, "eventID"), (record, "eventDataId")):
            if isinstance(holder.get(name), str) and not holder[name].startswith(("Zq7", "7Zq7")):
                holder[name] = f"{holder[name]}-{number}"
        if isinstance(record.get("metadata"), dict):
            record["metadata"]["uid"] = f"o-{number}"
        records.append(json.dumps(record))
    return records


def broken_lines(policy):
    """Lines that cannot be taken; each holds a canary where an error could quote it."""
    whole = json.dumps(BASES[policy["format"]])
    swapped = json.dumps(planted(policy, "text")).replace(DROPPED, BROKEN).replace(HASHED, BROKEN)
    lines = [swapped[: len(swapped) * part // 10] for part in range(3, 10)]
    lines += [whole[:-1] + f',"{BROKEN}":1,"{BROKEN}":2}}', whole[:-1] + f',"x":{BROKEN}}}',
              whole[:-1] + f',"x":"{BROKEN}\\q"}}', BROKEN, f'"{BROKEN}"', f'["{BROKEN}"]']
    for old in (LATER, "sub-1", "123456789012", "storage", "PutObject"):
        if old in whole:
            lines.append(whole.replace(old, BROKEN + "\\u0000"))
            lines.append(whole.replace(old, f"{BROKEN} \\n {BROKEN}" + "x" * 3000))
    lines.append(whole.replace('"count": 3', f'"count": "{BROKEN}"'))
    lines.append(whole.replace('"quantity": 5', f'"quantity": "{BROKEN}"'))
    lines.append(whole.replace("1772362800000", f'"{BROKEN}"'))
    lines.append(whole.replace('"RequestBodySize": 5', f'"RequestBodySize": "{BROKEN}"'))
    return [line for line in lines if BROKEN in line]


def csv_text(policy):
    """A table with a good row, and rows in which each value in turn is replaced by a canary."""
    good = {name: value if isinstance(value, str) else DROPPED
            for name, value in planted(policy, "text").items()}
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(good))
    writer.writeheader()
    writer.writerow(good)
    for name in ("ConsumedQuantity", "ChargePeriodEnd", "TIMESTAMP", "ContextTokens"):
        if name in good:
            writer.writerow({**good, name: BROKEN})
    out.write(f'{BROKEN},"{BROKEN}\n')
    return out.getvalue()


def forms(canary):
    """What a canary could look like on disk."""
    raw = canary.encode()
    yield raw.lower()
    yield binascii.hexlify(raw)
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw)
        yield text[4 if shift else 0:len(text) - 4].lower()


def decoded(value):
    """A value of the store, and what it is when decoded and decompressed."""
    raw = value if isinstance(value, bytes) else str(value).encode()
    yield raw
    try:
        plain = base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError):
        return
    yield plain
    if plain[:4] == b"\x28\xb5\x2f\xfd":
        yield subprocess.run(["zstd", "-dcq"], input=plain, capture_output=True, check=True).stdout


def everything_written(data, output):
    yield "output", output
    for path in sorted(p for p in data.rglob("*") if p.is_file()):
        yield str(path.relative_to(data)), path.read_bytes()
    with sqlite3.connect(f"file:{data}/store.sqlite?mode=ro", uri=True) as store:
        tables = [row[0] for row in store.execute("SELECT name FROM sqlite_master "
                                                  "WHERE type='table'")]
        for table in tables:
            for row in store.execute(f"SELECT * FROM {table}"):  # names from sqlite_master
                for value in row:
                    for raw in decoded(value):
                        yield f"table {table}", raw


def places_of(canary, data, output):
    wanted = set(forms(canary))
    return sorted({where for where, raw in everything_written(data, output)
                   if any(form in raw.lower() for form in wanted)})


class Trial:
    def __init__(self, work):
        self.work = work
        self.failures = 0

    def fail(self, text):
        self.failures += 1
        print(f"FAILED: {text}")

    def review(self, name, log, rejects_share):
        data = self.work / name
        shutil.copytree(self.work / "base" / "data", data)
        settings = data / "proviso.toml"
        settings.write_text(settings.read_text().replace(
            "rejects_share_max = 0.05", f"rejects_share_max = {rejects_share}"))
        done = subprocess.run([PROVISO, "review", "-d", str(data), str(log), "--json",
                               "--subscription", "sub-traced"],
                              capture_output=True, check=False)
        return data, done

    def check_format(self, policy):
        name = policy["format"]
        is_csv = policy["syntax"] == "csv"
        log = self.work / f"{name}.{'csv' if is_csv else 'jsonl'}"
        if is_csv:
            log.write_text(csv_text(policy))
        else:
            # Valid lines stand around the broken ones, and must count.
            good = json_lines(policy)
            log.write_text("\n".join([*good[:2], *broken_lines(policy), *good[2:]]) + "\n")
        data, done = self.review(name, log, "1.0")
        output = done.stdout + done.stderr
        summary = json.loads(done.stdout) if done.returncode == 0 else {}
        for canary in (DROPPED, HASHED, BROKEN):
            for place in places_of(canary, data, output):
                self.fail(f"{name}: {canary} is in {place}")
        # What is broken only inside a field that is passed over unread still counts.
        wanted = 1 if is_csv else len(SHAPES)
        told = sum(summary.get(part, 0) for part in ("events", "duplicates", "rejects"))
        if summary.get("events", 0) < wanted or told != summary.get("records"):
            self.fail(f"{name}: not {wanted} events, or records are missing: {output[-600:]}")
        # This search can find: a field that is kept is found, by the same way.
        if KEPT in log.read_text() and not places_of(KEPT, data, output):
            self.fail(f"{name}: the canary in a kept field was not found: the search is blind")
        rejects = (data / "rejects.jsonl").read_text().splitlines()
        if len(rejects) != summary.get("rejects") or not rejects:
            self.fail(f"{name}: {len(rejects)} lines in rejects.jsonl: {output[-300:]}")
        for line in rejects:
            reject = json.loads(line)
            if set(reject) != {"column", "file", "line", "offset", "reason"}:
                self.fail(f"{name}: a reject has the members {sorted(reject)}")
        # With the share that is shipped, the run stops: its error quotes nothing either.
        data, done = self.review(f"{name}-stopped", log, "0.0")
        for canary in (DROPPED, HASHED, BROKEN):
            for place in places_of(canary, data, done.stdout + done.stderr):
                self.fail(f"{name}, stopped: {canary} is in {place}")
        print(f"{name}: {summary.get('events')} events, {len(rejects)} rejects, no canary; "
              f"{len(policy.get('drop', []))} fields dropped, {len(policy.get('hash', []))} hashed")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True)
    parser.add_argument("--policies", required=True)
    options = parser.parse_args()
    trial = Trial(pathlib.Path(options.work))
    policies = [json.loads(p.read_text())
                for p in sorted(pathlib.Path(options.policies).glob("*.json"))]
    missing = {p["format"] for p in policies} ^ set(BASES)
    if missing:
        sys.exit(f"FAILED: formats without a base record here, or the reverse: {missing}")
    for policy in policies:
        trial.check_format(policy)
    sys.exit(1 if trial.failures else 0)


main()

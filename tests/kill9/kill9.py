#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills `proviso review` and `proviso order approve` at random moments and compares with a run
that nobody disturbed: same signals, cases, rollups and rejects, same multiset of ledger entries
(apart from time, salt, index and signatures), and no acknowledged entry changed or lost."""
import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import time

PROVISO = os.environ["PROVISO_BIN"] + "/proviso"
COMMIT_EVERY = "150"


def run(*args, check=True):
    done = subprocess.run([PROVISO, *args], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        sys.exit(f"FAILED: proviso {' '.join(args)}: {done.returncode}\n{done.stderr}")
    return done


def run_and_kill(args, delay):
    """Returns whether the process was still running when it was killed."""
    process = subprocess.Popen([PROVISO, *args], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    try:
        code = process.wait(timeout=delay)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return process.returncode == -9
    error = process.communicate()[1]
    if code != 0:
        sys.exit(f"FAILED: proviso {' '.join(args)}: {code}\n{error}")
    return False


# What the public files say: the entries that the published checkpoint covers, byte for byte.
def public_entries(data):
    log = data / "ledger" / "log"
    size = int((log / "checkpoint").read_text().split("\n")[1])
    entries = []
    for bundle in range((size + 255) // 256):
        name = log / "tile" / "entries" / f"{bundle:03d}"
        width = min(256, size - bundle * 256)
        raw = (name if name.exists() else log / f"tile/entries/{bundle:03d}.p/{width}").read_bytes()
        for _ in range(width):
            length = int.from_bytes(raw[:2], "big")
            entries.append(raw[2:2 + length])
            raw = raw[2 + length:]
    assert bundle < 1000
    return entries


# A copy, so that looking does not touch the files that the crash left.
def open_store(data, scratch):
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    for name in ("store.sqlite", "store.sqlite-wal"):
        if (data / name).exists():
            shutil.copy(data / name, scratch / name)
    return sqlite3.connect(scratch / "store.sqlite")


QUERIES = {
    "cases": "SELECT id, customer, term_group, state, closed_reason FROM cases",
    "signals": "SELECT id, case_id, digest, document, figures FROM signals",
    "evidence": "SELECT case_id, digest, class, source, independence, content FROM evidence",
    "inputs": "SELECT name, head, state FROM intake_inputs",
    "orders": "SELECT digest, kind, case_id, canonical, state FROM orders",
    "approvals": "SELECT order_digest, signature FROM approvals",
    "counters": "SELECT name, value FROM meta",
}


def rollups(store):
    cells = collections.defaultdict(lambda: collections.defaultdict(float))
    for (text,) in store.execute("SELECT cells FROM rollup_segments ORDER BY seq, bucket"):
        for line in text.splitlines():
            *key, count = line.split("\t")[:6]
            cell = cells[tuple(key)]
            cell["count"] += int(count)
            units = line.split("\t")[6:]
            for unit, quantity in zip(units[::2], units[1::2]):
                cell[unit] += float(quantity)
    return sorted((key, sorted(cell.items())) for key, cell in cells.items())


def without_chance(entry, private_part):
    """An entry apart from its time, id and salt; the private part stands for its commitment."""
    document = json.loads(entry)
    for name in ("time", "entry", "private"):
        document.pop(name)
    return json.dumps([document, json.loads(private_part)], sort_keys=True)


def outcome(data, scratch):
    store = open_store(data, scratch)
    result = {name: sorted(store.execute(query)) for name, query in QUERIES.items()}
    result["rollups"] = rollups(store)
    result["rejects"] = (data / "rejects.jsonl").read_text()
    rows = store.execute("SELECT bytes, private_part, ledger_index FROM outbox").fetchall()
    assert all(row[2] is not None for row in rows), "an entry is still pending after the end"
    result["entries"] = sorted(without_chance(row[0], row[1]) for row in rows)
    in_ledger = sorted(public_entries(data))
    assert in_ledger == sorted(row[0].encode() for row in rows), "store and ledger differ"
    store.close()
    return result


class Witness:
    """Keeps what was acknowledged, and holds every later state against it."""

    def __init__(self, data, trust, scratch):
        self.data, self.trust, self.scratch = data, trust, scratch
        self.public, self.indexes, self.checkpoint = [], {}, None

    def look(self):
        run("verify", str(self.data / "ledger"), "--trust", str(self.trust),
            *(["--since", str(self.checkpoint)] if self.checkpoint else []))
        entries = public_entries(self.data)
        assert entries[:len(self.public)] == self.public, "an acknowledged entry changed or is lost"
        self.public = entries
        self.checkpoint = self.scratch.parent / "kept.checkpoint"
        shutil.copy(self.data / "ledger" / "log" / "checkpoint", self.checkpoint)
        store = open_store(self.data, self.scratch)
        rows = store.execute("SELECT entry, ledger_index FROM outbox "
                             "WHERE ledger_index IS NOT NULL").fetchall()
        store.close()
        now = dict(rows)
        for entry, index in self.indexes.items():
            assert now.get(entry) == index, f"entry {entry} lost its place {index}"
        for entry, index in now.items():
            if index < len(entries):
                assert json.loads(entries[index])["entry"] == entry, f"wrong entry at {index}"
        self.indexes = now


class Trial:
    def __init__(self, options):
        self.work = pathlib.Path(options.work)
        self.random = random.Random(options.seed)
        self.trust = self.work / "base" / "trust.json"
        self.logs = sorted(str(p) for p in (self.work / "logs").iterdir())
        self.kills = 0

    def fresh(self, base, name):
        data = self.work / name
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(base, data)
        return data

    def review_args(self, data):
        return ["review", "-d", str(data), "--commit-every", COMMIT_EVERY, *self.logs]

    def compare(self, what, expected, data):
        got = outcome(data, self.work / "look")
        for part, value in expected.items():
            if got[part] != value:
                (self.work / "expected.txt").write_text(f"{value}\n")
                (self.work / "got.txt").write_text(f"{got[part]}\n")
                sys.exit(f"FAILED: {what}: {part} differ after {self.kills} kills "
                         f"(see expected.txt and got.txt in {self.work})")

    def killed_until_done(self, args, delay_max, kills_max, witness):
        """Kills until a run ends by itself, or kills_max; then lets it end. Returns the kills."""
        kills = 0
        while kills < kills_max:
            if not run_and_kill(args, self.random.uniform(0, delay_max)):
                return kills, True
            kills += 1
            self.kills += 1
            witness.look()
        return kills, False

    def reviews(self, kills_wanted):
        reference = self.fresh(self.work / "base" / "data", "reference")
        start = time.monotonic()
        run(*self.review_args(reference))
        duration = time.monotonic() - start
        expected = outcome(reference, self.work / "look")
        assert len(expected["signals"]) >= 5 and len(expected["cases"]) >= 5, "too few signals"
        assert expected["rejects"].count("\n") == 2, "the broken lines were not refused"
        kills = rounds = 0
        while kills < kills_wanted:
            data = self.fresh(self.work / "base" / "data", "disturbed")
            witness = Witness(data, self.trust, self.work / "look")
            wanted = min(kills_wanted - kills, 10)
            more, done = self.killed_until_done(self.review_args(data), duration / 2, wanted,
                                                witness)
            if not done:
                run(*self.review_args(data))
            witness.look()
            self.compare("review", expected, data)
            kills += more
            rounds += 1
        print(f"review: {kills} kills in {rounds} runs of {duration:.2f} s, "
              f"{len(expected['signals'])} signals, {len(expected['cases'])} cases, "
              f"{len(expected['entries'])} entries: as undisturbed")
        return reference

    def propose(self, reviewed):
        """Orders for every case, with signatures of two approvers: the base of all approve runs."""
        (self.work / "reason.txt").write_text("Use that the terms forbid.\n")
        keys = self.work / "base" / "keys"
        terms = json.loads((reviewed / "terms.json").read_text())["terms"]
        term_of = {}
        for term in terms:
            term_of.setdefault(term["group"], term["id"])
        store = open_store(reviewed, self.work / "look")
        cases = store.execute("SELECT c.id, c.term_group, s.document FROM cases c "
                              "JOIN signals s ON s.case_id = c.id GROUP BY c.id "
                              "ORDER BY c.id").fetchall()
        store.close()
        steps = []
        for case, group, document in cases[:3]:
            subscription = json.loads(document)["subscription"]
            for service in ("storage", "speech"):
                order = json.loads(run(
                    "order", "propose", "-d", str(reviewed), "--case", case, "--scope",
                    f"{subscription}/{service}", "--stage", "read-only", "--until", "+30d",
                    "--term", term_of[group], "--reason", str(self.work / "reason.txt"),
                    "--key", str(keys / "proposer"), "--json").stdout)["digest"]
                exported = self.work / f"{order}.json"
                run("order", "export", order, "-d", str(reviewed), "--out", str(exported))
                for person in ("counsel", "executive"):
                    signature = self.work / f"{order}.{person}"
                    run("order", "sign", str(exported), "--key", str(keys / person),
                        "--out", str(signature), "--yes")
                    steps.append((order, str(signature)))
        return steps

    def finish_approval(self, data, order, signature):
        """Hands it in once more; refused (2) where a killed try had made it durable already."""
        again = run("order", "approve", order, "--signature", signature, "-d", str(data),
                    check=False)
        assert again.returncode in (0, 2), again.stderr

    def approvals(self, reviewed, kills_wanted):
        steps = self.propose(reviewed)
        reference = self.fresh(reviewed, "reference_approved")
        start = time.monotonic()
        for order, signature in steps:
            run("order", "approve", order, "--signature", signature, "-d", str(reference))
        duration = (time.monotonic() - start) / len(steps)
        expected = outcome(reference, self.work / "look")
        kills = rounds = 0
        while kills < kills_wanted:
            data = self.fresh(reviewed, "disturbed")
            witness = Witness(data, self.trust, self.work / "look")
            for order, signature in steps:
                args = ["order", "approve", order, "--signature", signature, "-d", str(data)]
                wanted = min(kills_wanted - kills, self.random.randint(0, 3))
                done = False
                for _ in range(wanted):
                    if not self.kill_approve(args, duration * 1.1):
                        done = True
                        break
                    kills += 1
                    self.kills += 1
                    witness.look()
                if not done:
                    self.finish_approval(data, order, signature)
            witness.look()
            self.compare("approve", expected, data)
            rounds += 1
        print(f"approve: {kills} kills in {rounds} runs of {len(steps)} approvals of "
              f"{duration * 1000:.0f} ms: as undisturbed")
        self.check_in_force(data, steps[-1][0])

    def kill_approve(self, args, delay_max):
        """As run_and_kill; an approval that an earlier, killed try made durable is refused (2)."""
        process = subprocess.Popen([PROVISO, *args], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        try:
            code = process.wait(timeout=self.random.uniform(0, delay_max))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return process.returncode == -9
        error = process.communicate()[1]
        assert code in (0, 2), error
        return False

    def check_in_force(self, data, order):
        document = json.loads(run("order", "export", order, "-d", str(data)).stdout)
        line = find_scope(document)
        snapshot = self.work / "snapshot.json"
        run("gate", "snapshot", "-d", str(data), "--out", str(snapshot))
        subscription, service = line["subscription"], line["service"]
        verdict = run("gate", "check", "--snapshot", str(snapshot), "--trust", str(self.trust),
                      "--subscription", subscription, "--service", service, "--operation",
                      "PutObject", check=False)
        assert verdict.returncode == 3, f"the gate does not enforce: {verdict.stderr}"
        run("verify", str(data / "ledger"), "--trust", str(self.trust),
            "--snapshot", str(snapshot))


def find_scope(value):
    if isinstance(value, dict):
        if isinstance(value.get("scope"), list):
            return value["scope"][0]
        value = list(value.values())
    for item in value if isinstance(value, list) else []:
        found = find_scope(item)
        if found:
            return found
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True)
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    trial = Trial(options)
    reviewed = trial.reviews(options.kills - options.kills // 2)
    trial.approvals(reviewed, options.kills // 2)
    print(f"{trial.kills} x kill -9: nothing acknowledged is lost, nothing is invented")


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills `proviso gate serve` at random moments while orders come into force, and starts it again.
Each time it must start with at least what it had confirmed to the server by a signed statement; and
each answer it ever gives must be the one of the version of the log that stands in the answer: what
was in force then is refused, and nothing else. In the end it has everything."""
import argparse
import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

PROVISO = os.environ["PROVISO_BIN"] + "/proviso"
SERVICE = "storage"
NEIGHBOUR = "neighbour"
WAIT_SECONDS = 60  # for what must come; nothing is measured by it


def run(*args):
    done = subprocess.run([PROVISO, *args], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"FAILED: proviso {' '.join(args)}: {done.returncode}\n{done.stderr}")
    return done.stdout


def until(what, condition):
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        value = condition()
        if value is not None:
            return value
        time.sleep(0.01)
    sys.exit(f"FAILED: {what}")


class Program:
    """One that writes a JSON object a line to its log."""

    running = []

    def __init__(self, name, *args):
        self.log = pathlib.Path(f"{name}.log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([PROVISO, *args], stdout=subprocess.DEVNULL, stderr=log)
        Program.running.append(self)

    def event(self, name):
        """The first of this name, once it is there."""
        def find():
            if self.process.poll() is not None:
                sys.exit(f"FAILED: {self.log}: it ended\n{self.log.read_text()}")
            for line in self.log.read_text().splitlines(keepends=True):
                if line.endswith("\n") and json.loads(line)["event"] == name:
                    return json.loads(line)
            return None
        return until(f"{self.log} has no {name}", find)

    def kill(self):
        self.process.kill()
        self.process.wait()
        Program.running.remove(self)


class Background(threading.Thread):
    """What goes wrong in it goes wrong where it is joined."""

    def __init__(self, work):
        super().__init__()
        self.work = work
        self.failure = None

    def run(self):
        try:
            self.work()
        except (Exception, SystemExit) as failure:
            self.failure = failure

    def join(self, timeout=None):
        super().join(timeout)
        if self.failure:
            raise self.failure


# What the log of the provider says: entry by entry, which order came into force.
def events_in_force(subjects):
    log = pathlib.Path("data/ledger/log")
    size = int((log / "checkpoint").read_text().split("\n")[1])
    events = []
    for bundle in range((size + 255) // 256):
        name = log / "tile" / "entries" / f"{bundle:03d}"
        width = min(256, size - bundle * 256)
        raw = (name if name.exists() else log / f"tile/entries/{bundle:03d}.p/{width}").read_bytes()
        for i in range(width):
            length = int.from_bytes(raw[:2], "big")
            entry = json.loads(raw[2:2 + length])
            raw = raw[2 + length:]
            if entry["kind"] != "order-in-force":
                continue
            public = entry["public"]
            lifted = public["kind"] == "lift"
            digest = public["document"]["lifts"] if lifted else public["order"]
            events.append((bundle * 256 + i, subjects[digest], not lifted))
    return events, size


class Trial:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.subjects = {}  # an order's digest -> its subscription
        self.ready = []  # (order, the signature that brings it into force)
        self.answers = set()  # (version, subscription, refused)
        self.starts = 0
        self.port = 0

    def sign(self, order, *people):
        run("order", "export", order, "-d", "data", "--out", "order.json")
        for person in people:
            run("order", "sign", "order.json", "--key", f"keys/{person}", "--out",
                f"{order}.{person}", "--yes")

    def propose(self, subscription):
        order = json.loads(run(
            "order", "propose", "--case", self.options.case, "--scope", f"{subscription}/{SERVICE}",
            "--stage", "export-only", "--until", "+30d", "--term", "T-SURVEILLANCE", "--reason",
            "reason.txt", "--key", "keys/proposer", "-d", "data", "--json"))["digest"]
        self.subjects[order] = subscription
        self.sign(order, "counsel", "executive")
        run("order", "approve", order, "--signature", f"{order}.counsel", "-d", "data")
        self.ready.append((order, f"{order}.executive"))

    def lift(self, order):
        lift = json.loads(run("order", "lift", order, "--reason", "reason.txt", "-d", "data",
                              "--json"))["digest"]
        self.sign(lift, "counsel")
        return lift, f"{lift}.counsel"

    def start_gate(self):
        self.starts += 1
        gate = Program(f"gate{self.starts}", "gate", "serve", "--server",
                       f"http://127.0.0.1:{self.port}", "--token-file", "gate.token", "--trust",
                       "trust.json", "--state", "state", "--http", "127.0.0.1:0")
        gate.http_port = gate.event("listening")["port"]
        gate.version = gate.event("started")["snapshot"]
        return gate

    def ask(self, gate, subscription):
        """Whether it refuses; keeps by which version it says so. None: it was killed meanwhile."""
        headers = {"X-Proviso-Subscription": subscription, "X-Proviso-Service": SERVICE,
                   "X-Proviso-Operation": "PutObject"}
        try:
            connection = http.client.HTTPConnection("127.0.0.1", gate.http_port,
                                                    timeout=WAIT_SECONDS)
            connection.request("GET", "/check", headers=headers)
            answer = connection.getresponse()
            connection.close()
        except (OSError, http.client.HTTPException):
            return None
        assert answer.status in (204, 403), answer.status
        version = answer.headers["X-Proviso-Snapshot"]
        refused = answer.status == 403
        assert version != "none" or not refused, "refused out of nothing"
        if version != "none":
            self.answers.add((int(version), subscription, refused))
        return refused

    def ask_all(self, gate):
        for subscription in [*self.subjects.values(), NEIGHBOUR]:
            self.ask(gate, subscription)

    def confirmed(self):
        """The newest version that the gate has signed to the server that it enforces."""
        sizes = [0]
        path = pathlib.Path("data/gates/statements.jsonl")
        for line in path.read_text().splitlines(keepends=True) if path.exists() else []:
            if line.endswith("\n"):
                statement = json.loads(json.loads(line)["note"].split("\n")[1])
                if statement["state"] and statement["mode"] == "enforce":
                    sizes.append(statement["state"]["size"])
        return max(sizes)

    # Two orders come into force and one that was in force is lifted, one after the other.
    def decide(self, standing):
        steps = [self.ready.pop() for _ in range(2)]
        if standing:
            steps.append(self.lift(standing.pop(self.random.randrange(len(standing)))))
        standing += [order for order, _ in steps[:2]]

        def work():
            for order, signature in steps:
                run("order", "approve", order, "--signature", signature, "-d", "data")
        return Background(work)

    def kill_once(self, gate, standing, span):
        deciding = self.decide(standing)
        deciding.start()
        asking = Background(lambda: self.ask_all(gate))
        asking.start()
        time.sleep(self.random.uniform(0, span))  # the moment: nothing waits for it
        gate.kill()
        confirmed = self.confirmed()
        asking.join()
        # Half of the time it comes back while decisions are still made.
        if self.random.random() < 0.5:
            deciding.join()
        gate = self.start_gate()
        assert gate.version >= confirmed, f"it confirmed {confirmed} and starts with {gate.version}"
        self.ask_all(gate)
        deciding.join()
        return gate

    def check_answers(self):
        events, size = events_in_force(self.subjects)
        for version, subscription, refused in self.answers:
            assert version <= size, f"version {version} of a log of {size}"
            last = [on for index, who, on in events if index < version and who == subscription]
            wanted = bool(last) and last[-1]
            assert refused == wanted, f"{subscription} at version {version}: refused is {refused}"
        in_force = {}
        for _, who, on in events:
            in_force[who] = on
        return in_force

    def converges(self, gate):
        """It comes to where the server is, and answers so."""
        barrier = json.loads(run("gate", "barrier", "--order", self.last_order(), "--wait", "60s",
                                 "-d", "data", "--json"))
        assert barrier["reached"], barrier
        for subscription, refused in self.check_answers().items():
            assert self.ask(gate, subscription) == refused, subscription
        assert self.ask(gate, NEIGHBOUR) is False

    def last_order(self):
        """Comes into force now, after all others."""
        order, signature = self.ready.pop()
        run("order", "approve", order, "--signature", signature, "-d", "data")
        return order

    def play(self):
        server = Program("server", "serve", "-d", "data", "--port", "0", "--scrub-hours", "0")
        self.port = server.event("listening")["port"]
        started = time.monotonic()
        for i in range(2 * self.options.kills):
            self.propose(f"sub-{i}")
        # About as long as what happens between two kills: a third of preparing two orders.
        span = (time.monotonic() - started) / self.options.kills / 3
        self.random.shuffle(self.ready)
        gate = self.start_gate()
        standing = []
        for _ in range(self.options.kills - 1):
            gate = self.kill_once(gate, standing, span)
        self.converges(gate)
        gate.kill()
        server.kill()
        taken = sum(log.read_text().count('"delta_accepted"')
                    for log in pathlib.Path(".").glob("gate*.log"))
        assert taken > 0, "no delta ever came through"
        print(f"{self.options.kills} x kill -9 of a gate, {taken} deltas taken, "
              f"{len(self.answers)} different answers: each as the log had it then")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--case", required=True)
    try:
        Trial(parser.parse_args()).play()
    finally:
        for program in list(Program.running):
            program.kill()


main()

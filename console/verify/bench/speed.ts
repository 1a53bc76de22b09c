// SPDX-License-Identifier: Apache-2.0
// How fast a log is verified, beside the hashing alone. bench/verify_ts.sh runs it.
//
//   node bench/speed.ts LEDGER ENTRIES INTO
//
// LEDGER is a folder of tests/lib/rich_ledger.sh; its log, and after it so many reports that there
// are ENTRIES, is written to INTO/log. Then each line, in CPU time of this process (user and
// system), best of three:
//   hashing      the same leaf and node messages, nothing else
//   by key       verifyLog(): files read, every tile compared, the root
//   by trust     auditLedger(): the same, and each entry parsed and judged
import { strict as assert } from "node:assert";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { auditLedger } from "../src/audit_ledger.ts";
import { type Bytes, toBase64, utf8 } from "../src/bytes.ts";
import { kDigestBytes, sha256 } from "../src/digest.ts";
import { openFolderLog } from "../src/folder_reader.ts";
import { parseTrust } from "../src/genesis.ts";
import { leafHash } from "../src/merkle.ts";
import { NoteVerifier } from "../src/note.ts";
import { bundlePath, tilePath } from "../src/tiles.ts";
import { type ComputedTile, GrowingTree, kTileBytes, kTileWidth } from "../src/tree.ts";
import { verifyLog } from "../src/verify_log.ts";
import { LogKey } from "../test/tools/log_writer.ts";

const [ledger = "", count = "", into = ""] = process.argv.slice(2);
const total = Number(count);
const inLedger = (name: string): Bytes => new Uint8Array(readFileSync(join(ledger, name)));
const trust = parseTrust(inLedger("trust.json"));
const verifier = NoteVerifier.parse(trust.ledgerKey);

async function ledgerEntries(): Promise<readonly Bytes[]> {
  const entries: Bytes[] = [];
  await verifyLog(openFolderLog(join(ledger, "log")), verifier, {
    visit: (_, bytes) => {
      entries.push(bytes.slice());
      return undefined;
    },
  });
  return entries;
}

/** A report as proviso writes it, 388 bytes. */
function report(i: number): Bytes {
  const id = i.toString(16).padStart(12, "0");
  const digest = i.toString(16).padStart(64, "0");
  return utf8(
    `{"entry":"01a21319-7024-7000-8000-${id}","kind":"report-received",` +
      `"ledger":${JSON.stringify(trust.ledger)},"private":"${digest}",` +
      `"public":{"about":"${digest}","receipt":"${digest}"},` +
      `"time":"2026-11-25T12:00:00Z","version":1}`,
  );
}

function write(path: string, bytes: Uint8Array): void {
  const file = join(into, "log", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}

function writeTiles(tiles: readonly ComputedTile[]): void {
  for (const { level, n, width, hashes } of tiles) write(tilePath(level, n, width), hashes);
}

function writeLog(first: readonly Bytes[]): void {
  const tree = new GrowingTree();
  for (let n = 0; n * kTileWidth < total; ++n) {
    const width = Math.min(kTileWidth, total - n * kTileWidth);
    const entries = Array.from({ length: width }, (_, i) => {
      const index = n * kTileWidth + i;
      return first[index] ?? report(index);
    });
    const hashes = new Uint8Array(kTileBytes);
    entries.forEach((entry, i) => { hashes.set(leafHash(entry), i * kDigestBytes); });
    const parts = entries.flatMap((e) => [Uint8Array.of(e.length >> 8, e.length & 255), e]);
    write(bundlePath(n, width), Buffer.concat(parts));
    write(tilePath(0, n, width), hashes.subarray(0, width * kDigestBytes));
    writeTiles(tree.append(hashes, width));
  }
  writeTiles(tree.unfinished());
  const key = LogKey.read(trust.ledger, join(ledger, "ledger.pem"));
  const text = `${trust.ledger}\n${total}\n${toBase64(tree.root())}\n`;
  write("checkpoint", utf8(key.note(text)));
}

/** Leaf messages of the reports' size and node messages, as many as the tree has. */
function hashOnly(): Promise<void> {
  const leaf = new Uint8Array(1 + report(1).length);
  const node = new Uint8Array(1 + 2 * kDigestBytes);
  for (let i = 0; i < total; ++i) {
    sha256(leaf);
    sha256(node);
  }
  return Promise.resolve();
}

async function cpuSeconds(body: () => Promise<void>): Promise<number> {
  let best = Infinity;
  for (let turn = 0; turn < 3; ++turn) {
    const before = process.cpuUsage();
    await body();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6);
  }
  return best;
}

writeLog(await ledgerEntries());
const reader = openFolderLog(join(into, "log"));
const hashing = await cpuSeconds(hashOnly);
const byKey = await cpuSeconds(async () => {
  assert.equal((await verifyLog(reader, verifier)).finding, undefined);
});
const byTrust = await cpuSeconds(async () => {
  assert.equal((await auditLedger(reader, trust)).finding, undefined);
});
for (const [what, seconds] of Object.entries({ hashing, "by key": byKey, "by trust": byTrust })) {
  const rate = Math.round(total / seconds).toLocaleString("en");
  const ratio = (seconds / hashing).toFixed(2);
  console.log(`${what.padEnd(9)} ${seconds.toFixed(2)} CPU s  ${rate} entries/s  ${ratio}`);
}

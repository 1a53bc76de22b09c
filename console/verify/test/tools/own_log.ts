// SPDX-License-Identifier: Apache-2.0
// A ledger of proviso's own, as tests/lib/rich_ledger.sh makes it.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type Bytes } from "../../src/bytes.ts";
import { openFolderLog } from "../../src/folder_reader.ts";
import { NoteVerifier } from "../../src/note.ts";
import { verifyLog } from "../../src/verify_log.ts";
import { LogKey } from "./log_writer.ts";

/** All entries of the log in `folder`, as its verifier sees them. */
export async function entriesOf(folder: string): Promise<readonly Bytes[]> {
  const entries: Bytes[] = [];
  const key = NoteVerifier.parse(readFileSync(join(folder, "log.vkey"), "utf8").trim());
  const report = await verifyLog(openFolderLog(join(folder, "log")), key, {
    visit: (_, bytes) => {
      entries.push(bytes.slice());
      return undefined;
    },
  });
  assert.equal(report.finding, undefined);
  return entries;
}

/** What signs it: whoever has it can write any log of this name. */
export function keyOf(folder: string): LogKey {
  const trust = JSON.parse(readFileSync(join(folder, "trust.json"), "utf8")) as { ledger: string };
  return LogKey.read(trust.ledger, join(folder, "ledger.pem"));
}

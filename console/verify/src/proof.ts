// SPDX-License-Identifier: Apache-2.0
// c2sp.org/tlog-proof@v1: an entry's way to a checkpoint, in one text. Robust to untrusted input.
import { type Bytes, fromBase64, fromUtf8, utf8 } from "./bytes.ts";
import { type Checkpoint, openCheckpoint, parseDecimal } from "./checkpoint.ts";
import { hashFromBase64 } from "./digest.ts";
import { kProofHashesMax, leafHash, verifyInclusion } from "./merkle.ts";
import { kNoteBytesMax, type NoteVerifier } from "./note.ts";
import { refuse } from "./refusal.ts";

const kHeader = "c2sp.org/tlog-proof@v1";
const kExtraTextMax = 4096;
export const kTlogProofBytesMax = kNoteBytesMax + 8192;

/** What a tlog-proof text holds; nothing in it is verified yet. */
export interface TlogProof {
  readonly index: bigint;
  readonly hashes: readonly Bytes[];
  /** The signed note, verbatim. */
  readonly checkpoint: Bytes;
}

function bad(what: string): never {
  refuse(`tlog-proof: ${what}`);
}

function checkExtra(encoded: string): void {
  if (encoded.length > kExtraTextMax) bad("the extra line is too long");
  if (fromBase64(encoded) === undefined) bad("the extra line is not base64");
}

/** An "extra" line is allowed and dropped: it is not authenticated. */
export function parseTlogProof(bytes: Bytes): TlogProof {
  if (bytes.length > kTlogProofBytesMax) bad("too long");
  let rest = fromUtf8(bytes) ?? bad("not UTF-8");
  const nextLine = (): string => {
    const end = rest.indexOf("\n");
    if (end < 0) bad("a line is missing or cut");
    const line = rest.slice(0, end);
    rest = rest.slice(end + 1);
    return line;
  };
  if (nextLine() !== kHeader) bad("line 1 is not the header of version 1");
  let line = nextLine();
  if (line.startsWith("extra ")) {
    checkExtra(line.slice(6));
    line = nextLine();
  }
  if (!line.startsWith("index ")) bad("the index line is missing");
  const index = parseDecimal(line.slice(6)) ?? bad("the index is not a decimal number");
  const hashes: Bytes[] = [];
  for (line = nextLine(); line !== ""; line = nextLine()) {
    if (hashes.length === kProofHashesMax) bad("more than 63 hashes");
    hashes.push(hashFromBase64(line) ?? bad("a hash is not 32 bytes in base64"));
  }
  if (rest === "") bad("the checkpoint is missing");
  return { index, hashes, checkpoint: utf8(rest) };
}

/**
 * Opens the checkpoint with the log's key and refuses unless `entry` is in it at the proof's index.
 * What someone who kept a receipt can check with no log at hand.
 */
export async function verifyTlogProof(
  proof: TlogProof,
  entry: Bytes,
  key: NoteVerifier,
  origin: string,
): Promise<Checkpoint> {
  const opened = await openCheckpoint(proof.checkpoint, key, origin);
  if (opened.kind === "wrong") return refuse(opened.what);
  const { size, root } = opened.checkpoint;
  verifyInclusion(proof.index, size, leafHash(entry), proof.hashes, root);
  return opened.checkpoint;
}

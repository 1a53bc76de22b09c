// SPDX-License-Identifier: Apache-2.0
// c2sp.org/tlog-checkpoint@v1.0.0. Robust to untrusted input.
import { type Bytes, equalBytes } from "./bytes.ts";
import { hashFromBase64, sha256 } from "./digest.ts";
import { kTreeSizeMax } from "./merkle.ts";
import { type NoteVerifier, openNote } from "./note.ts";
import { messageOf, refuse } from "./refusal.ts";

/** What a log says about itself when it signs: which log, how many entries, which root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Bytes;
}

const kEmptyRoot = sha256(new Uint8Array(0));

/** Decimal below 2^64 without leading zeros and signs; undefined for anything else. */
export function parseDecimal(text: string): bigint | undefined {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < 1n << 64n ? value : undefined;
}

/** Reads a note's text. Extension lines are allowed and ignored. */
export function parseCheckpoint(text: string): Checkpoint {
  const bad = (what: string): never => refuse(`checkpoint: ${what}`);
  if (!text.endsWith("\n")) bad("a line is missing or cut");
  const lines = text.slice(0, -1).split("\n");
  if (lines.includes("")) bad("has an empty line");
  const [origin, sizeLine, rootLine] = lines;
  if (origin === undefined || sizeLine === undefined || rootLine === undefined) {
    return bad("a line is missing or cut");
  }
  const size = parseDecimal(sizeLine) ?? bad("line 2 (size) is not a decimal number");
  if (size > kTreeSizeMax) bad("line 2 (size) is above 2^62");
  const root = hashFromBase64(rootLine) ?? bad("line 3 (root) is not 32 bytes in base64");
  if (size === 0n && !equalBytes(root, kEmptyRoot)) bad("an empty tree with another root");
  return { origin, size, root };
}

/** What a signed checkpoint is worth. `fault` says which of the three is wrong with it. */
export type OpenedCheckpoint =
  | { readonly kind: "opened"; readonly checkpoint: Checkpoint }
  | {
      readonly kind: "wrong";
      readonly fault: "format" | "signature" | "origin";
      readonly what: string;
    };

/** The checkpoint in a signed note, if the log's key signed it and it speaks of `origin`. */
export async function openCheckpoint(
  note: Bytes,
  key: NoteVerifier,
  origin: string,
): Promise<OpenedCheckpoint> {
  try {
    const opened = await openNote(note, key);
    if (opened.kind === "not-signed") {
      return { kind: "wrong", fault: "signature", what: opened.what };
    }
    const checkpoint = parseCheckpoint(opened.text);
    if (checkpoint.origin === origin) return { kind: "opened", checkpoint };
    const what = "checkpoint: its origin (line 1) is that of another log";
    return { kind: "wrong", fault: "origin", what };
  } catch (error) {
    return { kind: "wrong", fault: "format", what: messageOf(error) };
  }
}

// SPDX-License-Identifier: Apache-2.0
// Whether a kept checkpoint continues another, by a few tiles of the log: the classes of
// src/ledger/verify_growth.h. Robust to untrusted files.
import { type Bytes, equalBytes, fromUtf8, toHex } from "./bytes.ts";
import { type Checkpoint, openCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { type Cosigned, judgeWitnesses, kNobodyAsked } from "./cosigned.ts";
import { kDigestBytes } from "./digest.ts";
import { nodeHash, verifyConsistency } from "./merkle.ts";
import { kNoteBytesMax, type NoteVerifier } from "./note.ts";
import { type Reader } from "./reader.ts";
import { Refusal } from "./refusal.ts";
import { leafTileWidth, readTile, tileHashes, tilePath } from "./tiles.ts";
import { kTileWidth, rootOf } from "./tree.ts";
import { type Finding } from "./verify_log.ts";
import { type WitnessPolicy } from "./witness_policy.ts";

export type GrowthErrorClass =
  | "earlier-format"
  | "earlier-signature"
  | "earlier-origin"
  | "later-format"
  | "later-signature"
  | "later-origin"
  | "cosignature"
  | "quorum"
  | "rollback"
  | "tiles"
  | "root"
  | "fork"
  | "unreadable";
type GrowthFinding = Finding<GrowthErrorClass>;

export interface GrowthReport {
  readonly finding: GrowthFinding | undefined;
  /** Of the later checkpoint; 0 and zeros where it could not be used. */
  readonly size: bigint;
  readonly root: string;
  /** Of the later checkpoint. */
  readonly cosigned: Cosigned;
}

const kEarlier = "the earlier checkpoint";
const kLater = "the later checkpoint";
const kReadableMax = 2n ** 53n - 1n;

class Found extends Error {
  readonly finding: GrowthFinding;

  constructor(errorClass: GrowthErrorClass, where: string, detail: string) {
    super(detail);
    this.finding = { errorClass, where, detail };
  }
}

/** The largest power of 2 below `n`, for n > 1. */
function splitPoint(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}

/** Hashes of a tree of `size` entries, from the tiles of a log that nobody trusts. */
class TreeReader {
  private readonly reader: Reader;
  private readonly size: number;
  private readonly tiles = new Map<string, Bytes>();

  constructor(reader: Reader, size: number) {
    this.reader = reader;
    this.size = size;
  }

  /** RFC 6962 section 2.1.2; for 0 < oldSize < size. Leaf side first. */
  async consistencyPath(oldSize: number, size: number): Promise<readonly Bytes[]> {
    const path: Bytes[] = [];
    let from = 0;
    let to = size;
    while (oldSize !== to) {
      const middle = from + splitPoint(to - from);
      if (oldSize <= middle) {
        path.push(await this.subtree(middle, to));
        to = middle;
      } else {
        path.push(await this.subtree(from, middle));
        from = middle;
      }
    }
    if (from !== 0) path.push(await this.subtree(from, to));
    return path.reverse();
  }

  /** Over entries [from, to), a subtree of RFC 6962. */
  async subtree(from: number, to: number): Promise<Bytes> {
    const count = to - from;
    const height = Math.log2(count);
    if (Number.isInteger(height) && 2 ** height === count) return this.full(from, height);
    const middle = from + splitPoint(count);
    return nodeHash(await this.subtree(from, middle), await this.subtree(middle, to));
  }

  /** The 2^height entries from `from` on: a hash of a tile, or the root over up to 128 of them. */
  private async full(from: number, height: number): Promise<Bytes> {
    const level = Math.floor(height / 8);
    const first = from / 256 ** level;
    const count = 2 ** (height % 8);
    const hashes = await this.tile(level, Math.floor(first / kTileWidth));
    const at = (first % kTileWidth) * kDigestBytes;
    return rootOf(hashes.subarray(at), count);
  }

  private async tile(level: number, n: number): Promise<Bytes> {
    const width = leafTileWidth(Math.floor(this.size / 256 ** level), n);
    const path = tilePath(level, n, width);
    const known = this.tiles.get(path);
    if (known !== undefined) return known;
    const file = await readTile(this.reader, level, n, width);
    if (file.kind === "failed") throw new Found("unreadable", "the log", `${path}: ${file.what}`);
    if (file.kind !== "bytes") throw new Found("tiles", "the log", `${path}: ${file.kind}`);
    try {
      const hashes = tileHashes(file.bytes, file.width, width);
      this.tiles.set(path, hashes);
      return hashes;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new Found("tiles", "the log", `${path}: ${error.message}`);
    }
  }
}

/** A log may have removed partial tiles of sizes that are past: its present size, which need not be
 * true, says which there are to be found. What they lead to is compared with what was signed. */
async function sizeToReadAt(reader: Reader, later: bigint): Promise<bigint> {
  const note = await reader.read("checkpoint", kNoteBytesMax);
  const text = note.kind === "bytes" ? fromUtf8(note.bytes) : undefined;
  const blank = text?.lastIndexOf("\n\n") ?? -1;
  if (text === undefined || blank < 0) return later;
  try {
    const { size } = parseCheckpoint(text.slice(0, blank + 1));
    return size > later ? size : later;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return later;
  }
}

function continues(
  earlier: Pick<Checkpoint, "size" | "root">,
  later: Checkpoint,
  path: readonly Bytes[],
): boolean {
  try {
    verifyConsistency(earlier.size, earlier.root, later.size, later.root, path);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return false;
  }
}

async function judge(reader: Reader, earlier: Checkpoint, later: Checkpoint): Promise<void> {
  if (earlier.size > later.size) {
    throw new Found("rollback", kLater, "it is of fewer entries than the earlier one");
  }
  if (earlier.size === later.size && !equalBytes(earlier.root, later.root)) {
    throw new Found("fork", kEarlier, "the log signed two histories of this size");
  }
  if (earlier.size === later.size || earlier.size === 0n) return;
  if (later.size > kReadableMax) {
    throw new Found("tiles", "the log", "more entries than a log can hold");
  }
  // What the log says now is not signed: a size beyond all sense means full tiles, no more.
  const readAt = await sizeToReadAt(reader, later.size);
  const tree = new TreeReader(reader, Number(readAt < kReadableMax ? readAt : kReadableMax));
  const path = await tree.consistencyPath(Number(earlier.size), Number(later.size));
  if (continues(earlier, later, path)) return;
  // Whose fault is it? Where the tiles prove another root for the earlier size, the log's.
  const root = await tree.subtree(0, Number(earlier.size));
  if (continues({ size: earlier.size, root }, later, path)) {
    throw new Found("fork", kEarlier, "it is not the beginning of the later one");
  }
  throw new Found("root", kLater, "the log's tiles do not lead to its root");
}

async function openAs(
  prefix: "earlier" | "later",
  where: string,
  note: Bytes,
  key: NoteVerifier,
  origin: string,
): Promise<Checkpoint> {
  const opened = await openCheckpoint(note, key, origin);
  if (opened.kind === "opened") return opened.checkpoint;
  throw new Found(`${prefix}-${opened.fault}`, where, opened.what);
}

async function witnessesOf(note: Bytes, policy: WitnessPolicy | undefined): Promise<Cosigned> {
  const judged = await judgeWitnesses(note, policy);
  if (judged.kind === "cosigned") return judged.cosigned;
  throw new Found(judged.errorClass, kLater, judged.detail);
}

/**
 * Whether the log of `later` is that of `earlier` with entries added at its end. With a policy,
 * enough of its witnesses have to have cosigned `later`; the earlier one is proven by it.
 */
export async function verifyGrowth(
  reader: Reader,
  key: NoteVerifier,
  earlier: Bytes,
  later: Bytes,
  origin: string = key.name,
  policy?: WitnessPolicy,
): Promise<GrowthReport> {
  let opened: Checkpoint | undefined;
  let finding: GrowthFinding | undefined;
  let cosigned = kNobodyAsked;
  try {
    const first = await openAs("earlier", kEarlier, earlier, key, origin);
    opened = await openAs("later", kLater, later, key, origin);
    cosigned = await witnessesOf(later, policy);
    await judge(reader, first, opened);
  } catch (error) {
    if (!(error instanceof Found)) throw error;
    finding = error.finding;
  }
  const root = toHex(opened?.root ?? new Uint8Array(kDigestBytes));
  return { finding, size: opened?.size ?? 0n, root, cosigned };
}

// SPDX-License-Identifier: Apache-2.0
// Judges a log by its public files alone, as src/ledger/verify_log.h does: the same classes, the
// same places, in the same order. Robust to untrusted files: it ends on any of them, and keeps no
// more in memory than the bundles that the reader asks for ahead.
import { type Bytes, equalBytes, toHex } from "./bytes.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { type Cosigned, judgeWitnesses, kNobodyAsked } from "./cosigned.ts";
import { kDigestBytes } from "./digest.ts";
import { leafHash } from "./merkle.ts";
import { kNoteBytesMax, type NoteVerifier } from "./note.ts";
import { type Reader } from "./reader.ts";
import { messageOf } from "./refusal.ts";
import {
  bundlePath,
  leafTileWidth,
  readBundle,
  readTile,
  splitBundle,
  type TileFile,
  tileHashes,
  tilePath,
} from "./tiles.ts";
import { type ComputedTile, GrowingTree, kTileBytes, kTileWidth } from "./tree.ts";
import { type WitnessPolicy } from "./witness_policy.ts";

/** The first thing that is wrong with a log; README.md says what each class means. */
export type LogErrorClass =
  | "checkpoint-missing"
  | "checkpoint-format"
  | "checkpoint-signature"
  | "checkpoint-origin"
  | "cosignature"
  | "quorum"
  | "missing"
  | "bundle-format"
  | "tile-missing"
  | "tile-size"
  | "leaf-hash"
  | "tile-hash"
  | "root"
  | "since-format"
  | "since-signature"
  | "since-origin"
  | "rollback"
  | "fork"
  | "unreadable";

/** What is wrong, where, and one line for people. */
export interface Finding<Class extends string> {
  readonly errorClass: Class;
  /** A path below the log's folder, and the entry where one is meant. */
  readonly where: string;
  readonly detail: string;
}
type LogFinding = Finding<LogErrorClass>;

export interface LogReport {
  readonly finding: LogFinding | undefined;
  /** As the checkpoint says; 0 and zeros where it could not be used. */
  readonly size: bigint;
  readonly root: string;
  /** The computed root at VerifyLogOptions.rootAt, where the walk came so far. */
  readonly rootAt: Bytes | undefined;
  readonly cosigned: Cosigned;
}

/** Called with each entry in order, once its hash was compared. */
export type EntryVisitor = (index: number, bytes: Bytes) => Promise<void> | undefined;

export interface VerifyLogOptions {
  /** The log's name; undefined: the key's. */
  readonly origin?: string | undefined;
  /** An earlier checkpoint note of this log that was kept. */
  readonly since?: Bytes | undefined;
  /** With one, the log is what its witnesses cosigned: the checkpoint in `checkpoint.cosigned`
   * where there is that file, else in `checkpoint`. */
  readonly witnessPolicy?: WitnessPolicy | undefined;
  readonly rootAt?: bigint | undefined;
  readonly visit?: EntryVisitor | undefined;
  /** Told from time to time how many entries were verified. */
  readonly progress?: ((entries: number) => void) | undefined;
}

// No walk gets as far as this; a size beyond it is merely claimed and ends with a missing bundle.
const kWalkMax = 2n ** 53n - 1n;

function found(errorClass: LogErrorClass, where: string, detail: string): LogFinding {
  return { errorClass, where, detail };
}

interface BundleFiles {
  readonly bundle: Promise<TileFile>;
  readonly tile: Promise<TileFile>;
}

/** One walk over a log: entries, then the tiles above them. */
class Walk {
  readonly roots = new Map<number, Bytes>();
  private readonly tree = new GrowingTree();
  private readonly asked: BundleFiles[] = [];
  private nextAsked = 0;
  private readonly reader: Reader;
  private readonly size: number;
  private readonly marks: ReadonlySet<number>;
  private readonly options: VerifyLogOptions;

  constructor(reader: Reader, size: number, marks: readonly number[], options: VerifyLogOptions) {
    this.reader = reader;
    this.size = size;
    this.marks = new Set(marks);
    this.options = options;
  }

  async run(): Promise<LogFinding | undefined> {
    this.keepMarkedRoot();
    // A size that was merely claimed ends here with the first bundle that is missing.
    for (let n = 0; n * kTileWidth < this.size; ++n) {
      const finding = await this.checkBundle(n);
      if (finding !== undefined) return finding;
      this.options.progress?.(this.tree.size);
    }
    return this.checkTiles(this.tree.unfinished());
  }

  root(): Bytes {
    return this.tree.root();
  }

  private keepMarkedRoot(): void {
    if (this.marks.has(this.tree.size)) this.roots.set(this.tree.size, this.tree.root());
  }

  /** The files of the next bundle; asks for those of the ones after it as well. */
  private nextFiles(): BundleFiles | undefined {
    const ahead = Math.max(1, this.reader.readsAhead);
    while (this.asked.length < ahead && this.nextAsked * kTileWidth < this.size) {
      const n = this.nextAsked++;
      const width = leafTileWidth(this.size, n);
      this.asked.push({
        bundle: readBundle(this.reader, n, width),
        tile: readTile(this.reader, 0, n, width),
      });
    }
    return this.asked.shift();
  }

  /** The bundle's form, then each entry against the level-0 tile. */
  private async checkBundle(n: number): Promise<LogFinding | undefined> {
    const files = this.nextFiles();
    if (files === undefined) throw new Error("a bundle beyond the log's size");
    const width = leafTileWidth(this.size, n);
    const entries = entriesOf(await files.bundle, n, width);
    if ("errorClass" in entries) return entries;
    const tile = hashesOf(await files.tile, 0, n, width);
    if ("errorClass" in tile) return tile;
    const hashes = new Uint8Array(kTileBytes);
    entries.list.forEach((entry, i) => {
      hashes.set(leafHash(entry), i * kDigestBytes);
    });
    const bad = firstDifference(hashes, tile.hashes, width);
    await this.show(entries.list.slice(0, bad), n);
    if (bad !== undefined) {
      const where = `${entries.path} entry ${n * kTileWidth + bad}`;
      const detail = `the entry and its hash in ${tilePath(0, n, width)} differ`;
      return found("leaf-hash", where, detail);
    }
    return this.add(hashes, width);
  }

  private async show(entries: readonly Bytes[], n: number): Promise<void> {
    const { visit } = this.options;
    if (visit === undefined) return;
    for (const [i, entry] of entries.entries()) {
      const pending = visit(n * kTileWidth + i, entry);
      if (pending !== undefined) await pending;
    }
  }

  /** Adds a bundle's hashes, stopping at each size whose root is wanted. */
  private async add(hashes: Bytes, width: number): Promise<LogFinding | undefined> {
    const start = this.tree.size;
    const stops = [...this.marks].filter((mark) => mark > start && mark < start + width);
    const made: ComputedTile[] = [];
    let from = 0;
    for (const stop of [...stops.sort((a, b) => a - b), start + width]) {
      const to = stop - start;
      made.push(...this.tree.append(hashes.subarray(from * kDigestBytes), to - from));
      this.keepMarkedRoot();
      from = to;
    }
    return this.checkTiles(made);
  }

  /** Compares computed tiles with their files, lowest first. */
  private async checkTiles(tiles: readonly ComputedTile[]): Promise<LogFinding | undefined> {
    for (const { level, n, width, hashes } of tiles) {
      const tile = hashesOf(await readTile(this.reader, level, n, width), level, n, width);
      if ("errorClass" in tile) return tile;
      if (!equalBytes(tile.hashes, hashes)) {
        const detail = "a hash is not that of the tile below";
        return found("tile-hash", tilePath(level, n, width), detail);
      }
    }
    return undefined;
  }
}

function firstDifference(a: Bytes, b: Bytes, hashes: number): number | undefined {
  for (let i = 0; i < hashes * kDigestBytes; ++i) {
    if (a[i] !== b[i]) return Math.floor(i / kDigestBytes);
  }
  return undefined;
}

type Entries = { readonly list: readonly Bytes[]; readonly path: string } | LogFinding;

function entriesOf(file: TileFile, n: number, width: number): Entries {
  const path = bundlePath(n, width);
  switch (file.kind) {
    case "missing":
      return found("missing", path, "the file is missing");
    case "too-long":
      return found("bundle-format", path, "too long");
    case "failed":
      return found("unreadable", path, file.what);
    case "bytes":
      break;
  }
  try {
    const list = splitBundle(file.bytes, width, file.width === width);
    return { list, path: file.path };
  } catch (error) {
    return found("bundle-format", file.path, messageOf(error));
  }
}

type Hashes = { readonly hashes: Bytes } | LogFinding;

function hashesOf(file: TileFile, level: number, n: number, width: number): Hashes {
  const path = tilePath(level, n, width);
  switch (file.kind) {
    case "missing":
      return found("tile-missing", path, "the file is missing");
    case "too-long":
      return found("tile-size", path, "too long");
    case "failed":
      return found("unreadable", path, file.what);
    case "bytes":
      break;
  }
  try {
    return { hashes: tileHashes(file.bytes, file.width, width) };
  } catch (error) {
    return found("tile-size", file.path, messageOf(error));
  }
}

type Judged = { readonly checkpoint: Checkpoint } | LogFinding;

/** A checkpoint that is the log's own, and the file that it stands in. */
type JudgedFile =
  | { readonly checkpoint: Checkpoint; readonly file: string; readonly note: Bytes }
  | LogFinding;

async function judgeNote(
  prefix: "checkpoint" | "since",
  where: string,
  note: Bytes,
  key: NoteVerifier,
  origin: string,
): Promise<Judged> {
  const opened = await openCheckpoint(note, key, origin);
  if (opened.kind === "opened") return opened;
  return found(`${prefix}-${opened.fault}`, where, opened.what);
}

/** Beside `checkpoint`: the newest one that enough witnesses cosigned. On disk. Never change. */
const kCosignedFile = "checkpoint.cosigned";

async function judgeFile(
  reader: Reader,
  file: string,
  key: NoteVerifier,
  origin: string,
): Promise<JudgedFile> {
  const text = await reader.read(file, kNoteBytesMax);
  switch (text.kind) {
    case "missing":
      return found("checkpoint-missing", file, "the file is missing");
    case "too-long":
      return found("checkpoint-format", file, "too long");
    case "failed":
      return found("unreadable", file, text.what);
    case "bytes": {
      const judged = await judgeNote("checkpoint", file, text.bytes, key, origin);
      return "errorClass" in judged ? judged : { ...judged, file, note: text.bytes };
    }
  }
}

async function judgeCheckpoint(
  reader: Reader,
  key: NoteVerifier,
  origin: string,
  policy: WitnessPolicy | undefined,
): Promise<JudgedFile> {
  // With a policy, the one that witnesses cosigned; a server may show it as the only one.
  if (policy !== undefined) {
    const cosigned = await judgeFile(reader, kCosignedFile, key, origin);
    if (!("errorClass" in cosigned) || cosigned.errorClass !== "checkpoint-missing") {
      return cosigned;
    }
  }
  return judgeFile(reader, "checkpoint", key, origin);
}

type CosignedLog = { readonly cosigned: Cosigned } | LogFinding;

async function judgeCosigners(
  file: string,
  note: Bytes,
  policy: WitnessPolicy | undefined,
): Promise<CosignedLog> {
  const judged = await judgeWitnesses(note, policy);
  return judged.kind === "cosigned" ? judged : found(judged.errorClass, file, judged.detail);
}

const kEarlier = "the earlier checkpoint";

function judgeRoots(
  walk: Walk,
  checkpoint: Checkpoint,
  since: Checkpoint | undefined,
): LogFinding | undefined {
  if (!equalBytes(walk.root(), checkpoint.root)) {
    return found("root", "checkpoint", "the entries do not have the root that was signed");
  }
  if (since === undefined || since.size === 0n) return undefined;
  const root = walk.roots.get(Number(since.size));
  if (root !== undefined && equalBytes(root, since.root)) return undefined;
  return found("fork", kEarlier, "it is not the beginning of this log");
}

const kUnjudged = {
  size: 0n,
  root: toHex(new Uint8Array(kDigestBytes)),
  rootAt: undefined,
  cosigned: kNobodyAsked,
};

interface JudgedLog {
  readonly checkpoint: Checkpoint;
  readonly cosigned: Cosigned;
  readonly since: Checkpoint | undefined;
}

/** Everything that can be said before a tile is read. */
async function judgeCheckpoints(
  reader: Reader,
  key: NoteVerifier,
  options: VerifyLogOptions,
): Promise<JudgedLog | LogFinding> {
  const origin = options.origin ?? key.name;
  const judged = await judgeCheckpoint(reader, key, origin, options.witnessPolicy);
  if ("errorClass" in judged) return judged;
  const { checkpoint, file, note } = judged;
  const witnesses = await judgeCosigners(file, note, options.witnessPolicy);
  if ("errorClass" in witnesses) return witnesses;
  const log = { checkpoint, cosigned: witnesses.cosigned };
  if (options.since === undefined) return { ...log, since: undefined };
  const old = await judgeNote("since", kEarlier, options.since, key, origin);
  if ("errorClass" in old) return old;
  if (old.checkpoint.size > checkpoint.size) {
    return found("rollback", file, "the log is shorter than the earlier checkpoint");
  }
  return { ...log, since: old.checkpoint };
}

/** The verdict on the whole log that `reader` reads, under the log's own key. */
export async function verifyLog(
  reader: Reader,
  key: NoteVerifier,
  options: VerifyLogOptions = {},
): Promise<LogReport> {
  const judged = await judgeCheckpoints(reader, key, options);
  if ("errorClass" in judged) return { finding: judged, ...kUnjudged };
  const { checkpoint, cosigned, since } = judged;
  const marks = [since?.size, options.rootAt].flatMap((mark) => mark ?? []).map(Number);
  const size = Number(checkpoint.size < kWalkMax ? checkpoint.size : kWalkMax);
  const walk = new Walk(reader, size, marks, options);
  return {
    finding: (await walk.run()) ?? judgeRoots(walk, checkpoint, since),
    size: checkpoint.size,
    root: toHex(checkpoint.root),
    rootAt: options.rootAt === undefined ? undefined : walk.roots.get(Number(options.rootAt)),
    cosigned,
  };
}

// SPDX-License-Identifier: Apache-2.0
// Files of a c2sp.org/tlog-tiles@v0.1.0 log. Robust to untrusted files.
import { type Bytes } from "./bytes.ts";
import { kDigestBytes } from "./digest.ts";
import { type Reader, type ReadOutcome } from "./reader.ts";
import { refuse } from "./refusal.ts";
import { kTileBytes, kTileWidth } from "./tree.ts";

export const kEntryBytesMax = 65_535;
export const kBundleBytesMax = kTileWidth * (2 + kEntryBytesMax);

function pathOf(folder: string, n: number, width: number): string {
  const digits = n.toString();
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/\d{3}/g) ?? [];
  const number = groups.map((group, i) => (i + 1 < groups.length ? `x${group}` : group)).join("/");
  return `tile/${folder}/${number}${width < kTileWidth ? `.p/${width}` : ""}`;
}

/** "tile/LEVEL/N" or, for a width below 256, "tile/LEVEL/N.p/WIDTH"; N as x001/x234/067. */
export function tilePath(level: number, n: number, width: number): string {
  return pathOf(level.toString(), n, width);
}
/** The same for entry bundles: "tile/entries/...". */
export function bundlePath(n: number, width: number): string {
  return pathOf("entries", n, width);
}

/** How many leaves tile `n` of level 0 has in a log of `size`: 0..256. */
export function leafTileWidth(size: number, n: number): number {
  return Math.max(0, Math.min(kTileWidth, size - n * kTileWidth));
}

/** A tile or bundle file: at its own width, or the full one that replaced it. */
export type TileFile =
  | {
      readonly kind: "bytes";
      readonly path: string;
      readonly bytes: Bytes;
      /** That the file was made for: the one asked for, or 256. */
      readonly width: number;
    }
  | Exclude<ReadOutcome, { kind: "bytes" }>;

async function readEither(
  reader: Reader,
  path: (width: number) => string,
  width: number,
  bytesMax: number,
): Promise<TileFile> {
  const own = await reader.read(path(width), bytesMax);
  if (own.kind === "bytes") return { ...own, path: path(width), width };
  if (own.kind !== "missing" || width === kTileWidth) return own;
  // A log may remove a partial tile once the full one is there.
  const full = await reader.read(path(kTileWidth), bytesMax);
  if (full.kind === "bytes") return { ...full, path: path(kTileWidth), width: kTileWidth };
  return full;
}

export function readTile(
  reader: Reader,
  level: number,
  n: number,
  width: number,
): Promise<TileFile> {
  return readEither(reader, (w) => tilePath(level, n, w), width, kTileBytes);
}
export function readBundle(reader: Reader, n: number, width: number): Promise<TileFile> {
  return readEither(reader, (w) => bundlePath(n, w), width, kBundleBytesMax);
}

/** The first `width` hashes; refuses what is no whole tile of `fileWidth`. */
export function tileHashes(bytes: Bytes, fileWidth: number, width: number): Bytes {
  if (bytes.length !== fileWidth * kDigestBytes) refuse("the tile has a wrong length");
  return bytes.subarray(0, width * kDigestBytes);
}

/** Exactly the first `count` entries, views into `bytes`; nothing may follow where `exact`. */
export function splitBundle(bytes: Bytes, count: number, exact: boolean): readonly Bytes[] {
  const entries: Bytes[] = [];
  let at = 0;
  while (entries.length < count) {
    const [high, low] = [bytes[at], bytes[at + 1]];
    if (high === undefined || low === undefined) return refuse("the entry bundle is cut");
    const end = at + 2 + high * 256 + low;
    if (end > bytes.length) refuse("the entry bundle is cut");
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (exact && at !== bytes.length) refuse("the entry bundle has bytes after its last entry");
  return entries;
}

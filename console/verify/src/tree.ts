// SPDX-License-Identifier: Apache-2.0
// A tree that grows tile by tile. It keeps, for each level of tiles, the hashes of the tile that is
// not full yet: everything left of it is one hash of the level above.
import { type Bytes } from "./bytes.ts";
import { kDigestBytes, sha256 } from "./digest.ts";

/** On disk and on the wire. Never change. */
export const kTileWidth = 256;
export const kTileBytes = kTileWidth * kDigestBytes;

const node = new Uint8Array(1 + 2 * kDigestBytes);
node[0] = 1;

/** RFC 6962's root over the first `count` hashes (or roots of equal full subtrees; the last of
 * them may be smaller). Leaves `hashes` as they are; `count` is at least 1. */
export function rootOf(hashes: Uint8Array, count: number): Bytes {
  const row = hashes.slice(0, count * kDigestBytes);
  for (let width = count; width > 1; width = (width + 1) >> 1) {
    for (let i = 0; i + 1 < width; i += 2) {
      node.set(row.subarray(i * kDigestBytes, (i + 2) * kDigestBytes), 1);
      row.set(sha256(node), (i / 2) * kDigestBytes);
    }
    // Where the number is odd, the last one moves up as it is.
    if (width % 2 === 1) {
      const last = (width - 1) * kDigestBytes;
      row.copyWithin((last / kDigestBytes / 2) * kDigestBytes, last, last + kDigestBytes);
    }
  }
  return row.slice(0, kDigestBytes);
}

/** A tile of a level above 0 with the hashes that belong into it. */
export interface ComputedTile {
  readonly level: number;
  readonly n: number;
  readonly width: number;
  readonly hashes: Bytes;
}

class Level {
  readonly hashes = new Uint8Array(kTileBytes);
  /** Hashes in the current tile: 0..255 between calls. */
  count = 0;
  fullTiles = 0;
}

export class GrowingTree {
  private readonly levels: Level[] = [];
  private total = 0;

  get size(): number {
    return this.total;
  }

  /**
   * Adds `count` leaf hashes; all must fit into the current tile of level 0. Returns the tiles
   * above level 0 that this made full, lowest first.
   */
  append(leafHashes: Uint8Array, count: number): readonly ComputedTile[] {
    this.total += count;
    const made: ComputedTile[] = [];
    let hashes = leafHashes.subarray(0, count * kDigestBytes);
    for (let level = 0; ; ++level) {
      const at = (this.levels[level] ??= new Level());
      at.hashes.set(hashes, at.count * kDigestBytes);
      at.count += hashes.length / kDigestBytes;
      if (at.count < kTileWidth) return made;
      if (level > 0) made.push(this.computed(at, level));
      hashes = rootOf(at.hashes, kTileWidth);
      at.count = 0;
      ++at.fullTiles;
    }
  }

  private computed(at: Level, level: number): ComputedTile {
    const hashes = at.hashes.slice(0, at.count * kDigestBytes);
    return { level, n: at.fullTiles, width: at.count, hashes };
  }

  /** The tiles above level 0 that are begun and not full, lowest first. */
  unfinished(): readonly ComputedTile[] {
    return this.levels.flatMap((at, level) =>
      level > 0 && at.count > 0 ? [this.computed(at, level)] : [],
    );
  }

  root(): Bytes {
    let below: Bytes | undefined;
    for (const { hashes, count } of this.levels) {
      if (below === undefined && count === 0) continue;
      const row = new Uint8Array((count + 1) * kDigestBytes);
      row.set(hashes.subarray(0, count * kDigestBytes));
      if (below !== undefined) row.set(below, count * kDigestBytes);
      below = rootOf(row, below === undefined ? count : count + 1);
    }
    return below ?? sha256(new Uint8Array(0));
  }
}

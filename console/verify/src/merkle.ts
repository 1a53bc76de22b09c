// SPDX-License-Identifier: Apache-2.0
// Proofs in the tree of RFC 6962 section 2.1 with SHA-256. Sizes are bigints: a checkpoint may
// claim up to 2^62 entries.
import { type Bytes, concatBytes, equalBytes } from "./bytes.ts";
import { sha256 } from "./digest.ts";
import { refuse } from "./refusal.ts";

/** More entries than this are refused everywhere. */
export const kTreeSizeMax = 1n << 62n;
/** Longest path in a tree of kTreeSizeMax, and so the most hashes in a proof. */
export const kProofHashesMax = 63;

// 0x00 and an entry, which has at most 65,535 bytes in a log.
const leafMessage = new Uint8Array(1 + 65_535);
const kNodePrefix = Uint8Array.of(1);

export function leafHash(entry: Uint8Array): Bytes {
  if (entry.length >= leafMessage.length) return sha256(concatBytes(Uint8Array.of(0), entry));
  leafMessage.set(entry, 1);
  return sha256(leafMessage.subarray(0, 1 + entry.length));
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Bytes {
  return sha256(concatBytes(kNodePrefix, left, right));
}

function bitWidth(n: bigint): number {
  return n === 0n ? 0 : n.toString(2).length;
}
function countOnes(n: bigint): number {
  return n.toString(2).replaceAll("0", "").length;
}
function countTrailingZeros(n: bigint): number {
  const bits = n.toString(2);
  return bits.length - 1 - bits.lastIndexOf("1");
}

/** Folds `proof` onto `hash` as long as the node has a sibling to its left. */
function foldLeft(hash: Bytes, proof: readonly Bytes[]): Bytes {
  return proof.reduce((below, sibling) => nodeHash(sibling, below), hash);
}

/**
 * Folds the part of a path below the point where it meets the tree's right border: bit i of
 * `index` says on which side the sibling of height i stands.
 */
function foldInner(hash: Bytes, index: bigint, proof: readonly Bytes[]): Bytes {
  return proof.reduce((below, sibling, height) => {
    const isRight = ((index >> BigInt(height)) & 1n) === 1n;
    return isRight ? nodeHash(sibling, below) : nodeHash(below, sibling);
  }, hash);
}

/** The same, but only the siblings to the left: what the older tree consisted of. */
function foldInnerLeft(hash: Bytes, index: bigint, proof: readonly Bytes[]): Bytes {
  return proof.reduce((below, sibling, height) => {
    const isRight = ((index >> BigInt(height)) & 1n) === 1n;
    return isRight ? nodeHash(sibling, below) : below;
  }, hash);
}

/**
 * The path from leaf `index` has `inner` hashes until it runs along the right border of a tree of
 * `size`, and `border` after that, all of them left siblings.
 */
function pathShape(index: bigint, size: bigint): { inner: number; border: number } {
  const inner = bitWidth(index ^ (size - 1n));
  return { inner, border: countOnes(index >> BigInt(inner)) };
}

function wrongLength(): never {
  refuse("the proof has a wrong number of hashes for this tree");
}

/** Refuses unless `proof` leads from the leaf at `index` to the `root` of a tree of `size`. */
export function verifyInclusion(
  index: bigint,
  size: bigint,
  leaf: Bytes,
  proof: readonly Bytes[],
  root: Bytes,
): void {
  if (size > kTreeSizeMax) refuse("the tree size is too large");
  if (index < 0n || index >= size) refuse("the index is not below the tree size");
  const { inner, border } = pathShape(index, size);
  if (proof.length !== inner + border) wrongLength();
  const hash = foldLeft(foldInner(leaf, index, proof.slice(0, inner)), proof.slice(inner));
  if (!equalBytes(hash, root)) refuse("the proof does not lead to the root");
}

/**
 * Refuses unless the tree of `oldSize` is the beginning of the tree of `size`. An old size of 0
 * proves nothing and is refused, as is an old size that is larger.
 */
export function verifyConsistency(
  oldSize: bigint,
  oldRoot: Bytes,
  size: bigint,
  root: Bytes,
  proof: readonly Bytes[],
): void {
  if (size > kTreeSizeMax) refuse("the tree size is too large");
  if (oldSize <= 0n) refuse("an empty old tree proves nothing");
  if (oldSize > size) refuse("the old tree is larger than the new one");
  if (oldSize === size) {
    if (proof.length > 0) wrongLength();
    if (!equalBytes(oldRoot, root)) refuse("two roots for one size");
    return;
  }
  // The proof starts at the largest full subtree at the old tree's right end. If that is the whole
  // old tree, its hash is the old root and not repeated in the proof.
  const shape = pathShape(oldSize - 1n, size);
  const shift = countTrailingZeros(oldSize);
  const inner = shape.inner - shift;
  const startsAtOldRoot = countOnes(oldSize) === 1;
  const start = startsAtOldRoot ? 0 : 1;
  if (proof.length !== start + inner + shape.border) wrongLength();
  const seed = startsAtOldRoot ? oldRoot : (proof[0] ?? wrongLength());
  const below = proof.slice(start, start + inner);
  const above = proof.slice(start + inner);
  const at = (oldSize - 1n) >> BigInt(shift);
  if (!equalBytes(foldLeft(foldInnerLeft(seed, at, below), above), oldRoot)) {
    refuse("the proof does not lead to the old root");
  }
  if (!equalBytes(foldLeft(foldInner(seed, at, below), above), root)) {
    refuse("the proof does not lead to the root");
  }
}

// SPDX-License-Identifier: Apache-2.0
// RFC 6962 section 2.1 word for word: slow, obvious, and nothing shared with the code under test
// but SHA-256 itself.
import { createHash } from "node:crypto";

import { type Bytes } from "../../src/bytes.ts";

export function sha(...parts: readonly Uint8Array[]): Bytes {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

export function leaf(entry: Uint8Array): Bytes {
  return sha(Uint8Array.of(0), entry);
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

export function slowRoot(leaves: readonly Bytes[]): Bytes {
  const [first] = leaves;
  if (first === undefined) return sha();
  if (leaves.length === 1) return first;
  const k = split(leaves.length);
  return sha(Uint8Array.of(1), slowRoot(leaves.slice(0, k)), slowRoot(leaves.slice(k)));
}

export function slowInclusion(index: number, leaves: readonly Bytes[]): readonly Bytes[] {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  if (index < k) return [...slowInclusion(index, leaves.slice(0, k)), slowRoot(leaves.slice(k))];
  return [...slowInclusion(index - k, leaves.slice(k)), slowRoot(leaves.slice(0, k))];
}

export function slowConsistency(old: number, leaves: readonly Bytes[]): readonly Bytes[] {
  const walk = (m: number, part: readonly Bytes[], whole: boolean): readonly Bytes[] => {
    if (m === part.length) return whole ? [] : [slowRoot(part)];
    const k = split(part.length);
    if (m <= k) return [...walk(m, part.slice(0, k), whole), slowRoot(part.slice(k))];
    return [...walk(m - k, part.slice(k), false), slowRoot(part.slice(0, k))];
  };
  return walk(old, leaves, true);
}

// SPDX-License-Identifier: Apache-2.0
import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { type Bytes, fromBase64, toHex } from "../src/bytes.ts";
import { hashFromBase64 } from "../src/digest.ts";
import { leafHash, verifyConsistency, verifyInclusion } from "../src/merkle.ts";
import { Refusal, refuse } from "../src/refusal.ts";
import { bundlePath, leafTileWidth, splitBundle, tilePath } from "../src/tiles.ts";
import { GrowingTree } from "../src/tree.ts";
import { folderOf } from "./tools/proviso.ts";
import { leaf, slowConsistency, slowInclusion, slowRoot } from "./tools/slow_tree.ts";

function leavesOf(count: number): readonly Bytes[] {
  return Array.from({ length: count }, (_, i) => leaf(Uint8Array.of(i >> 8, i & 255)));
}

/** Adds leaves in pieces of at most `step`, as the walk does: none crosses a tile. */
function grow(leaves: readonly Bytes[], step: number): GrowingTree {
  const tree = new GrowingTree();
  while (tree.size < leaves.length) {
    const room = Math.min(step, 256 - (tree.size % 256), leaves.length - tree.size);
    const piece = leaves.slice(tree.size, tree.size + room);
    tree.append(new Uint8Array(piece.flatMap((hash) => [...hash])), room);
  }
  return tree;
}

test("a growing tree has the root of its slow twin", () => {
  const leaves = leavesOf(1100);
  const sizes = [...Array(70).keys(), 255, 256, 257, 300, 511, 512, 513, 768, 1023, 1024, 1100];
  for (const size of sizes) {
    const root = toHex(slowRoot(leaves.slice(0, size)));
    for (const step of [1, 7, 256]) {
      assert.equal(toHex(grow(leaves.slice(0, size), step).root()), root, `${size} by ${step}`);
    }
  }
});

test("tiles above level 0 hold the roots of the tiles below", () => {
  const leaves = leavesOf(1000);
  const [tile, ...more] = grow(leaves, 256).unfinished();
  assert.equal(more.length, 0);
  const roots = [0, 1, 2].map((n) => slowRoot(leaves.slice(n * 256, (n + 1) * 256)));
  assert.deepEqual(tile, {
    level: 1,
    n: 0,
    width: 3,
    hashes: new Uint8Array(roots.flatMap((hash) => [...hash])),
  });
});

test("level 2 begins after 65,536 entries", () => {
  const hash = leaf(Uint8Array.of(1));
  const row = new Uint8Array(Array<Bytes>(256).fill(hash).flatMap((h) => [...h]));
  const tree = new GrowingTree();
  for (let n = 0; n < 255; ++n) assert.deepEqual(tree.append(row, 256), []);
  const made = tree.append(row, 256);
  assert.deepEqual(
    made.map(({ level, n, width }) => ({ level, n, width })),
    [{ level: 1, n: 0, width: 256 }],
  );
  assert.deepEqual(
    tree.unfinished().map(({ level, n, width }) => ({ level, n, width })),
    [{ level: 2, n: 0, width: 1 }],
  );
});

test("all proofs of small trees hold, and no other does", () => {
  const all = leavesOf(20);
  for (let size = 1; size <= 20; ++size) {
    const leaves = all.slice(0, size);
    const root = slowRoot(leaves);
    for (const [index, hash] of leaves.entries()) {
      const proof = slowInclusion(index, leaves);
      verifyInclusion(BigInt(index), BigInt(size), hash, proof, root);
      for (let other = -1; other <= size; ++other) {
        if (other === index) continue;
        const wrong = (): void => {
          verifyInclusion(BigInt(other), BigInt(size), hash, proof, root);
        };
        assert.throws(wrong, Refusal);
      }
    }
    for (let old = 1; old <= size; ++old) {
      const oldRoot = slowRoot(leaves.slice(0, old));
      const proof = slowConsistency(old, leaves);
      const sizes = [BigInt(old), oldRoot, BigInt(size), root] as const;
      verifyConsistency(...sizes, proof);
      assert.throws(() => { verifyConsistency(...sizes, [...proof, root]); }, Refusal);
      if (proof.length === 0) continue;
      assert.throws(() => { verifyConsistency(...sizes, proof.slice(1)); }, Refusal);
      assert.throws(() => { verifyConsistency(...sizes, [...proof].fill(oldRoot)); }, Refusal);
    }
    assert.throws(() => { verifyConsistency(0n, slowRoot([]), BigInt(size), root, []); }, Refusal);
  }
});

test("paths and widths of tiles", () => {
  assert.equal(tilePath(0, 0, 256), "tile/0/000");
  assert.equal(tilePath(3, 5, 1), "tile/3/005.p/1");
  assert.equal(bundlePath(1000, 256), "tile/entries/x001/000");
  assert.equal(bundlePath(1_234_067, 255), "tile/entries/x001/x234/067.p/255");
  assert.deepEqual([0, 1, 2, 3].map((n) => leafTileWidth(700, n)), [256, 256, 188, 0]);
});

test("a bundle is split exactly", () => {
  const bundle = Uint8Array.of(0, 2, 7, 8, 0, 0, 0, 1, 9);
  const entries = splitBundle(bundle, 3, true).map((entry) => [...entry]);
  assert.deepEqual(entries, [[7, 8], [], [9]]);
  assert.deepEqual(splitBundle(bundle, 2, false).length, 2);
  assert.throws(() => splitBundle(bundle, 2, true), Refusal);
  assert.throws(() => splitBundle(bundle, 4, false), Refusal);
  assert.throws(() => splitBundle(bundle.subarray(0, 8), 3, true), Refusal);
});

test("leaf hashes of RFC 6962's reference tree", () => {
  const inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"];
  inputs.push("606162636465666768696a6b6c6d6e6f");
  const leaves = inputs.map((hex) => leafHash(Buffer.from(hex, "hex")));
  const root = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328";
  assert.equal(toHex(slowRoot(leaves)), root);
  assert.equal(toHex(grow(leaves, 256).root()), root);
});

test("leaves of every length that an entry can have, and longer ones", () => {
  for (const length of [0, 1, 65_534, 65_535, 65_536, 100_000]) {
    const entry = new Uint8Array(length).fill(7);
    assert.equal(toHex(leafHash(entry)), toHex(leaf(entry)), `${length}`);
  }
});

const vectors = folderOf("VERIFY_DATA");
const skip = vectors === undefined ? "VERIFY_DATA is not set" : false;

interface Vector {
  readonly wantErr: boolean;
  readonly leafIdx?: number;
  readonly size1?: number;
  readonly size2?: number;
  readonly treeSize?: number;
  readonly proof: readonly string[] | null;
  readonly root?: string;
  readonly root1?: string;
  readonly root2?: string;
  readonly leafHash?: string;
}

// Some vectors have roots of another length, which equal each other or nothing.
function hash(text: string | undefined): Bytes {
  return fromBase64(text ?? "") ?? refuse("not base64");
}

function holds(vector: Vector): boolean {
  try {
    const proof = (vector.proof ?? []).map(hash);
    if (vector.leafIdx !== undefined) {
      const [index, size] = [BigInt(vector.leafIdx), BigInt(vector.treeSize ?? 0)];
      const leafOfVector = hashFromBase64(vector.leafHash ?? "") ?? refuse("not 32 bytes");
      verifyInclusion(index, size, leafOfVector, proof, hash(vector.root));
    } else {
      const [old, size] = [BigInt(vector.size1 ?? 0), BigInt(vector.size2 ?? 0)];
      verifyConsistency(old, hash(vector.root1), size, hash(vector.root2), proof);
    }
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

test("vectors of others", { skip }, () => {
  let count = 0;
  for (const kind of ["inclusion", "consistency"]) {
    const folder = join(vectors ?? "", "vectors", kind);
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".json")) continue;
      const vector = JSON.parse(readFileSync(join(folder, name), "utf8")) as Vector;
      assert.equal(holds(vector), !vector.wantErr, `${kind}/${name}`);
      ++count;
    }
  }
  assert.ok(count >= 196, `only ${count} vectors`);
});

// SPDX-License-Identifier: Apache-2.0
// Customers' lists made the slow way, honest ones and such as an operator who holds the log's key
// could write. As src/gates/tests/list_test.cc has it.
import { readFileSync } from "node:fs";

import { type Bytes, toBase64, utf8 } from "../../src/bytes.ts";
import { type DigestHex, sha256Hex } from "../../src/digest.ts";
import { type TrustRoot } from "../../src/genesis.ts";
import { indexLeaf, tagUnder } from "../../src/index_tag.ts";
import { canonicalJson, parseJson } from "../../src/json.ts";
import { LogKey } from "./log_writer.ts";
import { leaf, slowInclusion, slowRoot } from "./slow_tree.ts";

const kLedger = "ledger.example/lists";

interface Proven {
  bytes: string;
  index: number;
  path: string[];
}
interface Place {
  place: number;
  path: string[];
}
interface Neighbour {
  tag: DigestHex;
  entry: number;
  in_index: Place;
}
export interface Absence {
  before: Neighbour | null;
  after: Neighbour | null;
}
export interface ListDocument {
  version: number;
  checkpoint: string;
  genesis: Proven;
  index: Proven[];
  keys: { key: string; entries: { entry: Proven; in_index: Place }[]; absent: Absence[] }[];
}
interface Leaf {
  readonly tag: DigestHex;
  readonly index: number;
}

function canonical(value: unknown): Bytes {
  return utf8(canonicalJson(parseJson(utf8(JSON.stringify(value)))));
}

/** The file of a list. */
export function listFile(document: ListDocument): Bytes {
  return utf8(`${canonicalJson(parseJson(utf8(JSON.stringify(document))))}\n`);
}

/** A log of tags and index entries, in the order in which they are added. */
export class ListWorld {
  readonly trust: TrustRoot;
  private readonly logKey = LogKey.make(kLedger);
  private readonly entries: Bytes[] = [];
  private readonly tags: Leaf[] = [];

  constructor() {
    const file = new URL("../../../../docs/formats/examples/customer.list", import.meta.url);
    const example = JSON.parse(readFileSync(file, "utf8")) as ListDocument;
    const genesis = JSON.parse(example.genesis.bytes) as { public: Record<string, unknown> };
    const ledgerKey = this.logKey.vkey();
    const publicPart = { ...genesis.public, ledger: kLedger, ledger_key: ledgerKey };
    const bytes = canonical({ ...genesis, ledger: kLedger, public: publicPart });
    this.entries.push(bytes);
    this.trust = { ledger: kLedger, ledgerKey, genesis: sha256Hex(bytes), witnesses: "" };
  }

  get size(): number {
    return this.entries.length;
  }

  log(kind: string, publicPart: Readonly<Record<string, unknown>>): number {
    const entry = `e-${this.size}`;
    const time = "2026-11-02T00:00:00Z";
    const common = { version: 1, entry, kind, ledger: kLedger, time, private: sha256Hex("p") };
    this.entries.push(canonical({ ...common, public: publicPart }));
    return this.size - 1;
  }

  add(key: Bytes, number: number): number {
    const tag = tagUnder(key, number);
    const index = this.log("finding-made", { about: tag });
    this.tags.push({ tag, index });
    return index;
  }

  /** The true index of the entries [from, to), as an entry of another kind or with another end
   * where that is told. */
  publish(from: number, { to = this.size, kind = "index-published" } = {}): number {
    const leaves = this.leaves(from, to);
    const root = Buffer.from(slowRoot(this.hashes(leaves))).toString("hex");
    return this.log(kind, { from, to, tags: leaves.length, root });
  }

  leaves(from: number, to: number): readonly Leaf[] {
    const some = this.tags.filter(({ index }) => index >= from && index < to);
    return some.sort((a, b) => (a.tag < b.tag ? -1 : 1));
  }

  private hashes(leaves: readonly Leaf[]): readonly Bytes[] {
    return leaves.map(({ tag, index }) => leaf(indexLeaf(tag, index)));
  }

  prove(index: number): Proven {
    const bytes = Buffer.from(this.entries[index] ?? utf8("")).toString("utf8");
    const path = slowInclusion(index, this.entries.map(leaf));
    return { bytes, index, path: path.map(toBase64) };
  }

  place(leaves: readonly Leaf[], place: number): Place {
    return { place, path: slowInclusion(place, this.hashes(leaves)).map(toBase64) };
  }

  neighbour(leaves: readonly Leaf[], place: number): Neighbour | null {
    const found = leaves[place];
    if (found === undefined) return null;
    return { tag: found.tag, entry: found.index, in_index: this.place(leaves, place) };
  }

  /** What proves that `tag` is not among the leaves. */
  absence(leaves: readonly Leaf[], tag: DigestHex): Absence {
    const after = leaves.filter((other) => other.tag < tag).length;
    return {
      before: this.neighbour(leaves, after - 1),
      after: this.neighbour(leaves, after),
    };
  }

  /** The first `numbers` entries of a key, under index entries that cover [from, to) each. */
  list(
    key: Bytes,
    numbers: number,
    index: readonly { readonly at: number; readonly from: number; readonly to: number }[],
  ): ListDocument {
    const parts = index.map(({ from, to }) => this.leaves(from, to));
    const entries = Array.from({ length: numbers }, (_, n) => tagUnder(key, n)).map((tag) => {
      const leaves = parts.find((part) => part.some((other) => other.tag === tag)) ?? [];
      const place = leaves.findIndex((other) => other.tag === tag);
      const entry = this.prove(leaves[place]?.index ?? 0);
      return { entry, in_index: this.place(leaves, place) };
    });
    const next = tagUnder(key, numbers);
    const root = toBase64(slowRoot(this.entries.map(leaf)));
    return {
      version: 1,
      checkpoint: this.logKey.note(`${kLedger}\n${this.size}\n${root}\n`),
      genesis: this.prove(0),
      index: index.map(({ at }) => this.prove(at)),
      keys: [
        {
          key: Buffer.from(key).toString("hex"),
          entries,
          absent: parts.map((leaves) => this.absence(leaves, next)),
        },
      ],
    };
  }
}

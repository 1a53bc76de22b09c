// SPDX-License-Identifier: Apache-2.0
// Tags and index entries, followed through a whole log: as src/gates/index_audit.h, with the same
// refusals in the same order. docs/formats/customer-list.md.
import { toHex } from "./bytes.ts";
import { type DigestHex, kDigestBytes, sha256Hex } from "./digest.ts";
import { type Entry } from "./entry.ts";
import {
  beginsAfter,
  indexLeaf,
  isAboutCustomer,
  parseIndexPublished,
  tagged,
  tagOf,
} from "./index_tag.ts";
import { type JsonObject } from "./json.ts";
import { leafHash } from "./merkle.ts";
import { refuse } from "./refusal.ts";
import { rootOf } from "./tree.ts";

export interface IndexCounts {
  readonly tags: number;
  /** `index-published` entries. */
  readonly published: number;
  /** The entries below this index are in the newest of them. */
  readonly covered: number;
}

export interface TagPlace {
  readonly tag: DigestHex;
  readonly index: number;
}

/** Up to where an index entry covers the log, and how many tags that are. */
interface Mark {
  readonly to: number;
  readonly tags: number;
}
const kBeginning: Mark = { to: 0, tags: 0 };

function textOf(object: JsonObject, name: string): string {
  const value = object.get(name);
  return typeof value === "string" ? value : "";
}

/** The root over tags that are sorted; SHA-256 of nothing for none. */
export function indexRoot(sorted: readonly TagPlace[]): DigestHex {
  if (sorted.length === 0) return sha256Hex("");
  const hashes = new Uint8Array(sorted.length * kDigestBytes);
  for (const [i, { tag, index }] of sorted.entries()) {
    hashes.set(leafHash(indexLeaf(tag, index)), i * kDigestBytes);
  }
  return toHex(rootOf(hashes, sorted.length));
}

export class IndexAudit {
  private readonly tags = new Set<DigestHex>();
  /** Of proposals that are about no customer: an approval does not say what it approves. */
  private readonly governanceOrders = new Set<string>();
  /** In the order of the log. */
  private readonly places: TagPlace[] = [];
  private readonly marks: Mark[] = [];

  /** Each leaf after the genesis, in the order of the log. What it refuses is wrong with it. */
  visit(index: number, entry: Entry): void {
    this.checkTag(index, entry);
    if (entry.kind === "index-published") this.checkPublished(index, entry);
  }

  get counts(): IndexCounts {
    const covered = this.marks.at(-1)?.to ?? 0;
    return { tags: this.places.length, published: this.marks.length, covered };
  }

  private checkTag(index: number, entry: Entry): void {
    const tag = tagOf(entry.publicPart);
    const isAbout = this.isAboutCustomer(entry);
    if (isAbout && entry.kind === "order-in-force" && this.isOfNobody(entry)) {
      refuse(
        "is of an order that was logged as about nobody: its customer could not list its approvals",
      );
    }
    if (tag === undefined) {
      if (!isAbout || tagged(entry.kind) === "unknown" || this.places.length === 0) return;
      refuse("is about a customer and has no tag: its customer could not list it");
    }
    if (!isAbout) refuse("has a tag, and entries of its kind are about nobody");
    if (this.tags.has(tag)) refuse("has the tag of an earlier entry");
    this.tags.add(tag);
    this.places.push({ tag, index });
  }

  /** An approval is known by its order's proposal: the one of a restriction may have been sealed,
   * one about nobody never is. */
  private isAboutCustomer({ kind, publicPart }: Entry): boolean {
    const rule = tagged(kind);
    if (rule !== "by-order") return rule !== "never";
    const order = textOf(publicPart, "order");
    if (kind === "order-approved") return !this.governanceOrders.has(order);
    const isAbout = isAboutCustomer(textOf(publicPart, "kind"));
    if (!isAbout) this.governanceOrders.add(order);
    return isAbout;
  }

  private isOfNobody({ publicPart }: Entry): boolean {
    return this.governanceOrders.has(textOf(publicPart, "order"));
  }

  private checkPublished(index: number, entry: Entry): void {
    const told = parseIndexPublished(entry.publicPart);
    const from = this.marks[beginsAfter(this.marks.length + 1) - 1] ?? kBeginning;
    const last = this.marks.at(-1) ?? kBeginning;
    if (told.from !== from.to) {
      refuse(
        `is an index that does not begin at entry ${from.to}, as the one of its number does`,
      );
    }
    if (told.to < last.to || told.to > index) {
      refuse("is an index that ends before the one before it, or after itself");
    }
    let end = last.tags;
    while ((this.places[end]?.index ?? told.to) < told.to) ++end;
    const sorted = this.places
      .slice(from.tags, end)
      .sort((a, b) => (a.tag < b.tag ? -1 : 1));
    if (sorted.length !== told.tags || indexRoot(sorted) !== told.root) {
      refuse("is an index of other tags than the log has there");
    }
    this.marks.push({ to: told.to, tags: end });
  }
}

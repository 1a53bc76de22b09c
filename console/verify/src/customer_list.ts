// SPDX-License-Identifier: Apache-2.0
// All entries about a customer in one file, and what of it is true under a trust file: the classes
// of src/gates/verified_list.h. docs/formats/customer-list.md. Robust to untrusted input.
import { type Bytes, fromHex, fromUtf8, toHex, utf8 } from "./bytes.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { type Cosigned, judgeWitnesses } from "./cosigned.ts";
import { type DigestHex, hashFromBase64 } from "./digest.ts";
import { foundAs } from "./found.ts";
import { type TrustRoot } from "./genesis.ts";
import {
  indexLeaf,
  type IndexPublished,
  kAbout,
  parseIndexPublished,
  tagUnder,
} from "./index_tag.ts";
import { canonicalJson, type Json, parseJson } from "./json.ts";
import {
  entryInWords,
  kListKeysMax,
  type ListedItem,
  parseIndexKey,
  refuseTwice,
} from "./list_scan.ts";
import { Members } from "./members.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { NoteVerifier } from "./note.ts";
import { refuse } from "./refusal.ts";
import { parseProvenEntry, provenEntry, type ProvenEntry, provenGenesis } from "./snapshot.ts";
import { trustedPolicy } from "./trusted_policy.ts";
import { type Finding } from "./verify_log.ts";
import { type WitnessPolicy } from "./witness_policy.ts";

export const kListBytesMax = 64 * 1024 * 1024;
const kSegmentsMax = 64;
const kPathMax = 64;

/** A leaf of an index entry's tree, and its inclusion proof there. */
interface IndexPlace {
  readonly place: number;
  readonly path: readonly Bytes[];
}

interface ListedEntry {
  readonly entry: ProvenEntry;
  readonly inIndex: IndexPlace;
}

/** A leaf beside which a tag would stand. */
interface Neighbour {
  readonly tag: DigestHex;
  readonly entry: number;
  readonly inIndex: IndexPlace;
}

interface Absence {
  readonly before: Neighbour | undefined;
  readonly after: Neighbour | undefined;
}

interface ListedKey {
  readonly key: Bytes;
  readonly entries: readonly ListedEntry[];
  readonly absent: readonly Absence[];
}

interface CustomerList {
  readonly checkpoint: Bytes;
  readonly genesis: ProvenEntry;
  readonly index: readonly ProvenEntry[];
  readonly keys: readonly ListedKey[];
}

export type ListErrorClass =
  | "list"
  | "trust"
  | "checkpoint-format"
  | "checkpoint-signature"
  | "checkpoint-origin"
  | "cosignature"
  | "quorum"
  | "entry"
  | "index";

/** What a good list proves. */
export interface ProvenList {
  /** In the order of the log. */
  readonly entries: readonly ListedItem[];
  readonly keys: number;
  /** Nothing is missing of the entries below this index. */
  readonly covered: number;
  readonly checkpoint: Checkpoint;
  readonly cosigned: Cosigned;
}

export type ListReport =
  | { readonly finding: Finding<ListErrorClass>; readonly proven: undefined }
  | { readonly finding: undefined; readonly proven: ProvenList };

const { Found, findingAs, findingOf } = foundAs<ListErrorClass>();

function natural(members: Members, name: string): number {
  const number = members.integer(name);
  return number >= 0 ? number : members.refuse(name, "must not be negative");
}

function parsePlace(value: Json, where: string): IndexPlace {
  const members = new Members(value, where);
  const place = natural(members, "place");
  const path = members.strings("path");
  if (path.length > kPathMax) members.refuse("path", "not a list of at most 64 hashes");
  members.finish();
  const hashes = path.map((text) => hashFromBase64(text) ?? members.refuse("path", "not a hash"));
  return { place, path: hashes };
}

function parseNeighbour(value: Json, where: string): Neighbour | undefined {
  if (value === null) return undefined;
  const members = new Members(value, where);
  const tag = members.digest("tag");
  const entry = natural(members, "entry");
  const inIndex = parsePlace(members.object("in_index"), `${where}.in_index`);
  members.finish();
  return { tag, entry, inIndex };
}

function parseAbsence(value: Json, where: string): Absence {
  const members = new Members(value, where);
  const before = parseNeighbour(members.any("before"), `${where}.before`);
  const after = parseNeighbour(members.any("after"), `${where}.after`);
  members.finish();
  return { before, after };
}

function parseListed(value: Json, where: string): ListedEntry {
  const members = new Members(value, where);
  const entry = parseProvenEntry(members.object("entry"), `${where}.entry`);
  const inIndex = parsePlace(members.object("in_index"), `${where}.in_index`);
  members.finish();
  return { entry, inIndex };
}

function parseKey(value: Json, where: string): ListedKey {
  const members = new Members(value, where);
  const key = parseIndexKey(members, "key", members.string("key"));
  const entries = members.list("entries").map((item, i) => {
    return parseListed(item, `${where}.entries[${i}]`);
  });
  const absent = members.list("absent").map((item, i) => {
    return parseAbsence(item, `${where}.absent[${i}]`);
  });
  members.finish();
  return { key, entries, absent };
}

function parseCustomerList(bytes: Bytes): CustomerList {
  if (bytes.length > kListBytesMax) refuse("list: over 64 MiB");
  if (bytes.at(-1) !== 0x0a) refuse("list: cut short (fetch it again)");
  const body = bytes.subarray(0, -1);
  const document = parseJson(body, kListBytesMax);
  const members = new Members(document, "list");
  members.version();
  const index = members.list("index");
  const keys = members.list("keys");
  if (index.length > kSegmentsMax) members.refuse("index", "more than 64");
  if (keys.length === 0 || keys.length > kListKeysMax) members.refuse("keys", "not 1 to 1000");
  const list: CustomerList = {
    checkpoint: utf8(members.string("checkpoint")),
    genesis: parseProvenEntry(members.object("genesis"), "genesis"),
    index: index.map((item, i) => parseProvenEntry(item, `index[${i}]`)),
    keys: keys.map((item, i) => parseKey(item, `keys[${i}]`)),
  };
  members.finish();
  if (list.keys.some(({ absent }) => absent.length !== list.index.length)) {
    refuse("keys: not one of absent for each of index");
  }
  refuseTwice(
    list.keys.map(({ key }) => key),
    "keys: one stands twice",
  );
  // One text per list: what two verifiers might read differently is none.
  if (canonicalJson(document) !== fromUtf8(body)) refuse("list: not canonical JSON (RFC 8785)");
  return list;
}

function checkInIndex(
  { tags, root }: IndexPublished,
  tag: DigestHex,
  entry: number,
  { place, path }: IndexPlace,
): void {
  const leaf = leafHash(indexLeaf(tag, entry));
  const rootBytes = fromHex(root) ?? refuse("not a root");
  verifyInclusion(BigInt(place), BigInt(tags), leaf, path, rootBytes);
}

/** The leaves are sorted, which everyone who reads the log can see: what stands one place apart has
 * nothing between it. */
function checkAbsent({ before, after }: Absence, tag: DigestHex, segment: IndexPublished): void {
  let next = 0;
  if (before !== undefined) {
    if (before.tag >= tag) refuse("`before` does not stand before the next tag");
    checkInIndex(segment, before.tag, before.entry, before.inIndex);
    next = before.inIndex.place + 1;
  }
  if (after === undefined) {
    if (next !== segment.tags) refuse("there is more after `before`");
    return;
  }
  if (after.tag <= tag) refuse("`after` does not stand after the next tag");
  if (after.inIndex.place !== next) refuse("there is more between the two");
  checkInIndex(segment, after.tag, after.entry, after.inIndex);
}

/** Works through a list from the trust root to the last proof of absence. */
class ListVerifier {
  private readonly list: CustomerList;
  private readonly trust: TrustRoot;

  constructor(list: CustomerList, trust: TrustRoot) {
    this.list = list;
    this.trust = trust;
  }

  async run(policy: WitnessPolicy | undefined): Promise<ProvenList> {
    const { list, trust } = this;
    const key = await findingAs("trust", "ledger_key", () => NoteVerifier.parse(trust.ledgerKey));
    const opened = await openCheckpoint(list.checkpoint, key, trust.ledger);
    if (opened.kind !== "opened") {
      throw new Found(`checkpoint-${opened.fault}`, "checkpoint", opened.what);
    }
    const { checkpoint } = opened;
    const cosigned = await this.judgeWitnesses(policy);
    await findingAs("trust", "genesis", () => provenGenesis(list.genesis, checkpoint, trust));
    const segments = await this.readIndex(checkpoint);
    const entries: ListedItem[] = [];
    for (const [i, listed] of list.keys.entries()) {
      entries.push(...(await this.readKey(listed, `keys[${i}]`, checkpoint, segments)));
    }
    entries.sort((a, b) => a.index - b.index);
    const covered = segments.at(-1)?.to ?? 0;
    return { entries, keys: list.keys.length, covered, checkpoint, cosigned };
  }

  private async judgeWitnesses(policy: WitnessPolicy | undefined): Promise<Cosigned> {
    const judged = await judgeWitnesses(this.list.checkpoint, policy);
    if (judged.kind === "cosigned") return judged.cosigned;
    throw new Found(judged.errorClass, "checkpoint", judged.detail);
  }

  private async readIndex(checkpoint: Checkpoint): Promise<readonly IndexPublished[]> {
    const segments: IndexPublished[] = [];
    for (const [i, proven] of this.list.index.entries()) {
      const where = `index[${i}]`;
      const entry = await findingAs("entry", where, () =>
        provenEntry(proven, checkpoint, this.trust),
      );
      if (entry.kind !== "index-published") throw new Found("index", where, "is no index entry");
      const index = await findingAs("index", where, () => parseIndexPublished(entry.publicPart));
      const begin = segments.at(-1)?.to ?? 0;
      if (index.from !== begin || index.to > proven.index) {
        throw new Found("index", where, "does not go on where the one before it ended");
      }
      segments.push(index);
    }
    if (segments.length === 0) {
      throw new Found("index", "index", "there is none: nothing is complete");
    }
    return segments;
  }

  private async readKey(
    { key, entries, absent }: ListedKey,
    where: string,
    checkpoint: Checkpoint,
    segments: readonly IndexPublished[],
  ): Promise<readonly ListedItem[]> {
    const items: ListedItem[] = [];
    let latest = 0;
    for (const [n, { entry: proven, inIndex }] of entries.entries()) {
      const place = `${where}.entries[${n}]`;
      const entry = await findingAs("entry", place, () =>
        provenEntry(proven, checkpoint, this.trust),
      );
      const tag = tagUnder(key, n);
      await findingAs("entry", place, () => {
        if (entry.publicPart.get(kAbout) !== tag) refuse("has not the tag of its number");
        if (proven.index <= latest) refuse("does not stand in the log after the one before it");
      });
      latest = proven.index;
      const { index } = proven;
      const segment = segments.find(({ from, to }) => index >= from && index < to);
      if (segment === undefined) throw new Found("index", place, "no index entry covers it");
      await findingAs("index", place, () => {
        checkInIndex(segment, tag, index, inIndex);
      });
      items.push({ index, entry });
    }
    const next = tagUnder(key, entries.length);
    for (const [i, segment] of segments.entries()) {
      const told = absent[i];
      if (told === undefined) throw new Found("index", `${where}.absent`, "is too short");
      await findingAs("index", `${where}.absent[${i}]`, () => {
        checkAbsent(told, next, segment);
      });
    }
    return items;
  }
}

/** That the index entries are right it does not see: auditLedger() does. */
export async function verifyCustomerList(
  bytes: Bytes,
  trust: TrustRoot,
  policy?: WitnessPolicy,
): Promise<ListReport> {
  try {
    const list = await findingAs("list", "list", () => parseCustomerList(bytes));
    const asked =
      policy ?? (await findingAs("trust", "witnesses", () => trustedPolicy(trust)));
    return { finding: undefined, proven: await new ListVerifier(list, trust).run(asked) };
  } catch (error) {
    return { finding: findingOf(error), proven: undefined };
  }
}

/** What a good report says, in lines for people: the text of src/gates/verified_list.h. */
export function listInWords({ entries, keys, covered, checkpoint }: ProvenList): string {
  return (
    `valid: ${entries.length} entries under these index keys (${keys}), and no other among the ` +
    `log's first ${covered} entries\n` +
    entries.map((item) => `  ${entryInWords(item)}\n`).join("") +
    `Proven under the log's signed checkpoint of ${checkpoint.size.toString()} entries, ` +
    `root ${toHex(checkpoint.root)}\n` +
    "This file does not show that the index is right, nor what came later: the whole log " +
    "does (ledger-verify log --index-key).\n"
  );
}

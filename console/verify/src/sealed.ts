// SPDX-License-Identifier: Apache-2.0
// Sealed entries, cover entries and openings, followed through a log. docs/formats/entry.md,
// "Sealing"; as src/model/sealed.h and src/gates/seal_audit.h.
import { concatBytes, fromHex, utf8 } from "./bytes.ts";
import { type DigestHex, isDigestHex, sha256Hex } from "./digest.ts";
import { type Entry, type InForce, parseEntry, type OrderSeals } from "./entry.ts";
import { kAbout, tagOf } from "./index_tag.ts";
import { canonicalJson, type Json, type JsonObject } from "./json.ts";
import { Members } from "./members.ts";
import { refuse, within } from "./refusal.ts";
import { parseCanonicalTime, type Time, unixSeconds } from "./time.ts";

const kSealMaxSeconds = 732n * 86_400n;
const kCover = '{"cover":true,"version":1}';
/** What gates and verifiers judge by, what others act on, and what sealing itself is made of. */
const kNeverSealed: ReadonlySet<string> = new Set([
  "genesis",
  "register-loaded",
  "order-in-force",
  "stage-begun",
  "sealed",
  "opened",
  "private-erased",
  "index-published",
]);

/** What should be open by now and is not. Not an error of the log: the operator owes it. */
export interface Overdue {
  /** Index of the sealed entry, or of the order in force that promised openings. */
  readonly entry: number;
  readonly due: Time;
  readonly missing: number;
}

export interface SealCounts {
  /** Sealed entries, opened or not. */
  readonly sealed: number;
  readonly opened: number;
  /** Of those opened. */
  readonly covers: number;
  /** After their own time. */
  readonly openedLate: number;
}

interface Seal {
  readonly index: number;
  readonly commitment: DigestHex;
  readonly openBy: Time;
  isOpen: boolean;
}

interface Promised {
  readonly index: number;
  readonly seals: OrderSeals | undefined;
  opened: number;
}

interface Opening {
  readonly opens: string;
  readonly saltHex: string;
  readonly content: JsonObject;
  readonly order: DigestHex | undefined;
}

function openByOf(sealed: Entry): Time {
  const members = new Members(sealed.publicPart, "public");
  const openBy =
    parseCanonicalTime(members.string("open_by")) ??
    members.refuse("open_by", "not a time as 2026-11-23T12:00:00Z");
  const span = unixSeconds(openBy) - unixSeconds(sealed.time);
  if (span <= 0n || span > kSealMaxSeconds) {
    members.refuse("open_by", "must be within 732 days after the entry");
  }
  members.finish();
  return openBy;
}

function readOrder(members: Members, value: Json | undefined): DigestHex | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && isDigestHex(value)) return value;
  return members.refuse("order", "not a SHA-256");
}

function parseOpening(publicPart: JsonObject): Opening {
  const members = new Members(publicPart, "public");
  const opening: Opening = {
    opens: members.string("opens"),
    content: members.object("content"),
    saltHex: members.string("salt"),
    order: readOrder(members, members.optional("order")),
  };
  // As many digits as a digest has.
  if (!isDigestHex(opening.saltHex)) {
    members.refuse("salt", "not 64 lower-case hexadecimal digits");
  }
  members.optional(kAbout);
  members.finish();
  tagOf(publicPart);
  return opening;
}

/** The entry that was sealed; undefined for a cover. */
function contentOf(opening: Opening, commitment: DigestHex, ledger: string): Entry | undefined {
  const canonical = canonicalJson(opening.content);
  const salt = fromHex(opening.saltHex) ?? refuse("not a salt");
  if (sha256Hex(concatBytes(salt, utf8(canonical))) !== commitment) {
    refuse("shows something else than what was sealed");
  }
  if (canonical === kCover) {
    if (opening.order !== undefined) refuse("says that a cover is about an order");
    return undefined;
  }
  const entry = within("what was sealed", () => parseEntry(utf8(canonical)));
  if (entry.ledger !== ledger) refuse("what was sealed is another ledger's");
  if (kNeverSealed.has(entry.kind)) {
    refuse("what was sealed is of a kind that is never sealed (I2)");
  }
  // Else the customer's numbers would tell that something is sealed.
  if (entry.publicPart.has(kAbout)) {
    refuse("what was sealed has a tag: it gets one when it is opened (I11)");
  }
  return entry;
}

export class SealAudit {
  private readonly seals = new Map<string, Seal>();
  private readonly orders = new Map<DigestHex, Promised>();
  private opened = 0;
  private covers = 0;
  private openedLate = 0;

  /** A leaf of kind `sealed`. */
  seal(index: number, entry: Entry): void {
    const openBy = openByOf(entry);
    const { privateCommitment: commitment } = entry;
    this.seals.set(entry.id, { index, commitment, openBy, isOpen: false });
  }

  /** A leaf of kind `opened`. Returns the id of the entry inside; undefined for a cover. */
  open(entry: Entry): string | undefined {
    const opening = parseOpening(entry.publicPart);
    const seal = this.seals.get(opening.opens) ?? refuse("opens nothing that was sealed before it");
    if (seal.isOpen) refuse("opens what is open already");
    const inner = contentOf(opening, seal.commitment, entry.ledger);
    if (opening.order !== undefined) {
      const order =
        this.orders.get(opening.order) ?? refuse("names an order that was not in force before it");
      ++order.opened;
    }
    seal.isOpen = true;
    ++this.opened;
    if (inner === undefined) ++this.covers;
    if (entry.time > seal.openBy) ++this.openedLate;
    return inner?.id;
  }

  /** A restriction came into force. */
  inForce(index: number, { digest, seals }: InForce): void {
    this.orders.set(digest, { index, seals, opened: 0 });
  }

  get counts(): SealCounts {
    const { opened, covers, openedLate } = this;
    return { sealed: this.seals.size, opened, covers, openedLate };
  }

  /** In the order of the log. */
  overdue(at: Time): Overdue[] {
    const out: Overdue[] = [];
    for (const { index, openBy, isOpen } of this.seals.values()) {
      if (!isOpen && openBy < at) out.push({ entry: index, due: openBy, missing: 1 });
    }
    for (const { index, seals, opened } of this.orders.values()) {
      if (seals === undefined || seals.openBy >= at || opened >= seals.count) continue;
      out.push({ entry: index, due: seals.openBy, missing: seals.count - opened });
    }
    return out.sort((a, b) => a.entry - b.entry);
  }
}

// SPDX-License-Identifier: Apache-2.0
// What people sign, as docs/formats/order.md has it. Only parseOrder() makes an Order, from the
// canonical text that was signed, so that what is judged is what was signed.
import { type Bytes, compareUtf8, utf8 } from "./bytes.ts";
import { type Catalogue, hasExport } from "./catalogue.ts";
import { type DigestHex, isDigestHex, sha256Hex } from "./digest.ts";
import { isValidId } from "./ids.ts";
import { canonicalJson, type Json, parseJson } from "./json.ts";
import { Members } from "./members.ts";
import { refuse } from "./refusal.ts";
import { checkRollout, parseRollout } from "./rollout.ts";
import { parseScope, type ScopeLine } from "./scope.ts";
import { laterOf, parseCanonicalTime, type Time, unixSeconds } from "./time.ts";

const kKinds = [
  "restrict",
  "lift",
  "roster",
  "policy",
  "catalogue",
  "field-policy",
  "rulebook",
  "terms",
] as const;
export type OrderKind = (typeof kKinds)[number];
export const kOrderKinds: readonly OrderKind[] = kKinds;

export function parseOrderKind(text: string): OrderKind | undefined {
  return kKinds.find((known) => known === text);
}

export interface Stage {
  readonly from: Time;
  readonly effect: string;
}

/** What a `restrict` order has besides the members of every order, as far as judging needs it. */
export interface Restriction {
  readonly scope: readonly ScopeLine[];
  readonly stages: readonly [Stage, ...Stage[]];
  /** Asked for by a court, an authority or a statute (I15). */
  readonly byAuthority: boolean;
  readonly protectedClasses: readonly string[];
  readonly closesExport: boolean;
  /** Cuts at once by two people's approvals, for at most 72 hours. */
  readonly emergency: boolean;
  readonly catalogue: DigestHex;
}

type Body =
  | { readonly kind: "restrict"; readonly restriction: Restriction }
  | { readonly kind: "lift"; readonly lifts: DigestHex }
  | { readonly kind: Exclude<OrderKind, "restrict" | "lift">; readonly change: Json };

export type Order = Body & {
  readonly ledger: string;
  readonly proposedAt: Time;
  /** The text that was signed; its SHA-256 is the order's name. */
  readonly canonical: Bytes;
  readonly digest: DigestHex;
};
export type ChangeOrder = Extract<Order, { readonly change: Json }>;

const kStagesMax = 16;
const kListMax = 10_000;
const kNamedMax = 1_000;
const kOrigins = ["own-review", "report", "court", "authority", "statute"];
const kByAuthority = ["court", "authority", "statute"];
export const kProtectedClasses: readonly string[] = [
  "hospital",
  "emergency-service",
  "cyber-defence",
  "news-medium",
  "human-rights",
  "election-body",
];
const kDay = 86_400n;
const kSuspensionSecondsMax = 180n * kDay; // I5
const kReviewSecondsMax = 366n * kDay;
const kEmergencySecondsMax = 3n * kDay;
const kThrottleMax = 1_000_000;

function readTime(members: Members, name: string): Time {
  const time = parseCanonicalTime(members.string(name));
  return time ?? members.refuse(name, "not a time as 2026-11-23T12:00:00Z");
}

function readTimeOrNull(members: Members, name: string): Time | undefined {
  return members.any(name) === null ? undefined : readTime(members, name);
}

function isEffect(text: string): boolean {
  if (text === "read-only" || text === "export-only" || text === "deny") return true;
  const rate = /^throttle=([1-9][0-9]{0,6})\/s$/.exec(text);
  return rate !== null && Number(rate[1]) <= kThrottleMax;
}

function parseStages(items: readonly Json[]): readonly [Stage, ...Stage[]] {
  const stages: Stage[] = [];
  for (const item of items) {
    const members = new Members(item, `stages[${stages.length}]`);
    const from = readTime(members, "from");
    const effect = members.string("effect");
    if (!isEffect(effect)) {
      members.refuse("effect", "not deny, read-only, export-only or throttle=N/s");
    }
    const previous = stages.at(-1);
    if (previous !== undefined && from <= previous.from) {
      members.refuse("from", "stages must rise in time");
    }
    members.finish();
    stages.push({ from, effect });
  }
  const [first, ...rest] = stages;
  if (first !== undefined && stages.length <= kStagesMax) return [first, ...rest];
  return refuse("stages: an order has 1 to 16 stages");
}

function checkTerms(items: readonly Json[]): void {
  for (const [i, item] of items.entries()) {
    const members = new Members(item, `terms[${i}]`);
    if (!isValidId(members.string("id"))) members.refuse("id", "not valid");
    if (members.integer("version") < 1) members.refuse("version", "must be 1 or more");
    members.finish();
  }
  if (items.length === 0) refuse("terms: an order names at least one term");
}

/** Whether an authority asked for the order (I15). */
function readOrigin(value: Json): boolean {
  const members = new Members(value, "origin");
  const kind = members.string("kind");
  const country = members.string("country");
  const instrument = members.string("instrument");
  readTimeOrNull(members, "gag_until");
  members.finish();
  if (!kOrigins.includes(kind)) {
    members.refuse("kind", "not own-review, report, court, authority or statute");
  }
  if (instrument !== "" && !isDigestHex(instrument)) {
    members.refuse("instrument", "not a SHA-256");
  }
  const byAuthority = kByAuthority.includes(kind);
  if (byAuthority && (!/^[A-Z]{2}$/.test(country) || instrument === "")) {
    members.refuse("kind", "an authority's order names country and instrument (I15)");
  }
  if (!byAuthority && (country !== "" || instrument !== "")) {
    members.refuse("kind", "names a country or an instrument, but not who asked (I15)");
  }
  return byAuthority;
}

/** What an order leaves alone beyond what it names. */
interface Rest {
  readonly agreements: number;
  readonly services: number;
}

function readByService(members: Members, services: number): { lines: number; sum: number } {
  let sum = 0;
  let previous: string | undefined;
  const items = members.list("by_service");
  for (const item of items) {
    const line = new Members(item, members.path("by_service"));
    const service = line.string("service");
    const subscriptions = line.integer("subscriptions");
    line.finish();
    const rises = previous === undefined || compareUtf8(previous, service) < 0;
    if (!rises || subscriptions < 1 || subscriptions > services - sum) {
      line.refuse("service", "not sorted, or its count cannot be true");
    }
    sum += subscriptions;
    previous = service;
  }
  return { lines: items.length, sum };
}

function parseRest(value: Json): Rest {
  const members = new Members(value, "not_affected_rest");
  const agreements = members.integer("agreements");
  const services = members.integer("services");
  const { lines, sum } = readByService(members, services);
  members.digest("all");
  members.finish();
  const complete = lines < kNamedMax;
  if (agreements < 0 || services < 0 || (agreements === 0 && services === 0)) {
    members.refuse("services", "the counts cannot be true");
  }
  if (lines > kNamedMax || (complete && sum !== services)) {
    members.refuse("services", "the counts cannot be true");
  }
  return { agreements, services };
}

/** Evidence is sorted without duplicates, so that one set has one text. */
function checkEvidence(evidence: readonly string[]): void {
  const fits = evidence.every((text, i) => {
    const previous = evidence[i - 1];
    return isDigestHex(text) && (previous === undefined || previous < text);
  });
  if (!fits) refuse("evidence: not a sorted list of distinct SHA-256 digests");
}

function checkLists(members: Members): void {
  const evidence = members.strings("evidence");
  const agreements = members.strings("agreements_not_affected");
  const services = members.strings("services_not_affected");
  if (Math.max(evidence.length, agreements.length, services.length) > kListMax) {
    refuse("restriction: a list has more than 10000 items");
  }
  checkEvidence(evidence);
  const value = members.optional("not_affected_rest");
  if (value === undefined) return;
  const rest = parseRest(value);
  // What is only counted comes after a full list of what is named.
  if (
    (rest.services > 0 && services.length !== kNamedMax) ||
    (rest.agreements > 0 && agreements.length !== kNamedMax)
  ) {
    refuse("not_affected_rest: counts what could have been named");
  }
}

function longerThan(from: Time, to: Time, seconds: bigint): boolean {
  return unixSeconds(to) - unixSeconds(from) > seconds;
}

/** I5: a suspension ends by itself, a termination has a review date; one of the two. Returns the
 * suspension's end, and whichever of the two it has. */
function checkEnd(
  members: Members,
  stages: readonly [Stage, ...Stage[]],
  proposedAt: Time,
): { readonly until: Time | undefined; readonly end: Time } {
  const until = readTimeOrNull(members, "until");
  const review = readTimeOrNull(members, "review");
  // A stage that lies before the proposal begins with the order, so its span counts from there.
  const first = laterOf(stages[0].from, proposedAt);
  const last = laterOf((stages.at(-1) ?? stages[0]).from, proposedAt);
  if ((until === undefined) === (review === undefined)) {
    refuse("until/review: give exactly one (I5: a suspension ends, a termination is reviewed)");
  }
  if (until !== undefined && (until <= last || longerThan(first, until, kSuspensionSecondsMax))) {
    refuse("until: must be after the last stage and at most 180 days after the first (I5)");
  }
  if (review !== undefined && (review <= first || longerThan(first, review, kReviewSecondsMax))) {
    refuse("review: must be within 366 days after the first stage (I5)");
  }
  const end = until ?? review;
  if (end === undefined) return refuse("until/review: give exactly one (I5)");
  return { until, end };
}

/** Whether the order says that it is an emergency; the member is there only where it is true. */
function readEmergency(members: Members): boolean {
  const emergency = members.flag("emergency");
  const ratifies = members.optional("ratifies") !== undefined;
  if (ratifies) members.digest("ratifies");
  if (emergency && ratifies) refuse("ratifies: an emergency cannot ratify another");
  return emergency;
}

/** The classes, and the digest of the reason that stands exactly where there are some (I15). */
function readProtected(members: Members): readonly string[] {
  const classes = members.strings("protected_classes");
  if (!classes.every((name) => kProtectedClasses.includes(name))) {
    members.refuse("protected_classes", "not a protected class (I15)");
  }
  const reason = members.optional("protected_reason") !== undefined;
  if (reason) members.digest("protected_reason");
  if (reason !== classes.length > 0) {
    members.refuse("protected_reason", "stands against a protected subject, nowhere else (I15)");
  }
  return classes;
}

/** An emergency is short, at once, and never against those who need it least of all. */
function checkEmergency(r: Restriction, until: Time | undefined, proposedAt: Time): void {
  if (!r.emergency) return;
  if (r.stages.length !== 1 || r.stages[0].from > proposedAt) {
    refuse("emergency: has one stage, which begins at once");
  }
  if (until === undefined || longerThan(proposedAt, until, kEmergencySecondsMax)) {
    refuse("emergency: must end within 72 hours of its proposal (until)");
  }
  if (r.protectedClasses.length > 0) refuse("emergency: never against a protected subject (I15)");
  if (r.closesExport) refuse("emergency: never closes the export (I6)");
}

function parseRestriction(value: Json, proposedAt: Time): Restriction {
  const members = new Members(value, "restriction");
  if (!isValidId(members.string("case"))) members.refuse("case", "not a valid id");
  checkLists(members);
  const stages = parseStages(members.list("stages"));
  checkTerms(members.list("terms"));
  const { until, end } = checkEnd(members, stages, proposedAt);
  const rollout = members.optional("rollout");
  const goesOn = members.optional("ratifies") !== undefined;
  members.digest("terms_document");
  const restriction: Restriction = {
    scope: parseScope(members.list("scope")),
    stages,
    byAuthority: readOrigin(members.object("origin")),
    protectedClasses: readProtected(members),
    closesExport: members.boolean("closes_export"),
    emergency: readEmergency(members),
    catalogue: members.digest("catalogue"),
  };
  members.finish();
  checkEmergency(restriction, until, proposedAt);
  if (rollout === undefined) return restriction;
  // An emergency cuts at once, and what goes on with one is enforced already.
  if (restriction.emergency) refuse("rollout: an emergency begins at once, at every gate");
  if (goesOn) refuse("rollout: what ratifies an emergency goes on at every gate");
  checkRollout(parseRollout(rollout), laterOf(stages[0].from, proposedAt), end);
  return restriction;
}

function parseBody(members: Members, kind: OrderKind, proposedAt: Time): Body {
  switch (kind) {
    case "restrict":
      return { kind, restriction: parseRestriction(members.object("restriction"), proposedAt) };
    case "lift":
      return { kind, lifts: members.digest("lifts") };
    case "roster":
    case "policy":
    case "catalogue":
    case "field-policy":
    case "rulebook":
    case "terms":
      return { kind, change: members.any("change") };
  }
}

/** Refuses every order that could not have been proposed. `document` is what `canonical` says. */
export function orderFromJson(document: Json, canonical: Bytes): Order {
  const members = new Members(document, "order");
  members.version();
  const kind = parseOrderKind(members.string("kind"));
  if (kind === undefined) return members.refuse("kind", "no such kind of order");
  const ledger = members.string("ledger");
  if (!/^[0-9a-f]{32}$/.test(members.string("nonce"))) {
    members.refuse("nonce", "must be 32 lower-case hexadecimal digits");
  }
  const proposedAt = readTime(members, "proposed_at");
  members.digest("reason");
  const body = parseBody(members, kind, proposedAt);
  members.finish();
  return { ...body, ledger, proposedAt, canonical, digest: sha256Hex(canonical) };
}

/** From the text that was signed; another form of the same content is refused. */
export function parseOrder(text: string): Order {
  const canonical = utf8(text);
  const document = parseJson(canonical);
  if (canonicalJson(document) !== text) refuse("order: not canonical JSON (RFC 8785)");
  return orderFromJson(document, canonical);
}

/** Whether some stage denies an export operation that the catalogue knows (I6). */
export function closesExport(restriction: Restriction, catalogue: Catalogue): boolean {
  if (!restriction.stages.some((stage) => stage.effect === "deny")) return false;
  return restriction.scope.some((line) => {
    const namesExport = line.classes.length === 0 || line.classes.includes("export");
    return namesExport && hasExport(catalogue, line.service);
  });
}

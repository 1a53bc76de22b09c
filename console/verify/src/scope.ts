// SPDX-License-Identifier: Apache-2.0
// What an order cuts: exact lines, no wildcard (I3). docs/formats/order.md.
import { toHex, utf8 } from "./bytes.ts";
import { isDigestHex } from "./digest.ts";
import { isValidId } from "./ids.ts";
import { type Json } from "./json.ts";
import { Members } from "./members.ts";
import { refuse } from "./refusal.ts";

const kScopeLinesMax = 10_000;
const kClasses = ["read", "write", "compute", "admin", "export", "other"] as const;
export type ActionClass = (typeof kClasses)[number];

/** Empty lists mean "all". */
export interface ScopeLine {
  readonly subscription: string;
  readonly service: string;
  readonly regions: readonly string[];
  readonly classes: readonly ActionClass[];
  /** Keyed hashes. */
  readonly resources: readonly string[];
}

export function parseActionClass(text: string): ActionClass | undefined {
  return kClasses.find((known) => known === text);
}

const kGuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A GUID in lower case; anything else as it is. */
export function normaliseId(text: string): string {
  return kGuid.test(text) ? text.toLowerCase() : text;
}

function checkExact(id: string, what: string): void {
  if (id.includes("*")) {
    refuse(`scope: a wildcard in the ${what} (I3: name each subscription and service)`);
  }
}

function checkLine(line: ScopeLine): void {
  if (!isValidId(line.subscription) || !isValidId(line.service)) {
    refuse("scope: an empty or invalid subscription or service (I3)");
  }
  checkExact(line.subscription, "subscription");
  checkExact(line.service, "service");
  if (normaliseId(line.subscription) !== line.subscription) {
    refuse("scope: a GUID is written in lower case (I3: one text per line)");
  }
  for (const region of line.regions) {
    if (!isValidId(region)) refuse("scope: an empty region (I3)");
    checkExact(region, "region");
  }
  if (!line.resources.every(isDigestHex)) {
    refuse("scope: a resource is its keyed hash of 64 hexadecimal digits");
  }
}

function percentEncode(text: string): string {
  return text.replace(/[/@:#%]/g, (c) => `%${toHex(utf8(c))}`);
}

function sortedDistinct<T extends string>(items: readonly T[]): readonly T[] {
  if (new Set(items).size === items.length) return [...items].sort();
  return refuse("scope: a region, class or resource stands twice in one line (I3)");
}

/** "SUB/SERVICE@REGION:CLASS#RESOURCE", as people write it. */
export function scopeLineText(line: ScopeLine): string {
  const regions = line.regions.map((region) => `@${percentEncode(region)}`);
  const classes = line.classes.map((name) => `:${name}`);
  const resources = line.resources.map((resource) => `#${resource}`);
  const place = `${percentEncode(line.subscription)}/${percentEncode(line.service)}`;
  return [place, ...regions, ...classes, ...resources].join("");
}

/** Equal for lines that cut the same. */
function comparable(line: ScopeLine): string {
  return scopeLineText({
    ...line,
    regions: sortedDistinct(line.regions),
    classes: sortedDistinct(line.classes),
    resources: sortedDistinct(line.resources),
  });
}

function parseLine(value: Json, where: string): ScopeLine {
  const members = new Members(value, where);
  const line: ScopeLine = {
    subscription: members.string("subscription"),
    service: members.string("service"),
    regions: members.strings("regions"),
    resources: members.strings("resources"),
    classes: members
      .strings("classes")
      .map((text) => parseActionClass(text) ?? members.refuse("classes", "not an action class")),
  };
  members.finish();
  return line;
}

/** Non-empty, no duplicate, no wildcard, at most 10,000 lines (I3). */
export function parseScope(items: readonly Json[]): readonly ScopeLine[] {
  const scope = items.map((item, i) => parseLine(item, `scope[${i}]`));
  if (scope.length === 0) refuse("scope: empty (I3: an order names what it cuts)");
  if (scope.length > kScopeLinesMax) refuse("scope: more than 10000 lines");
  scope.forEach(checkLine);
  if (new Set(scope.map(comparable)).size !== scope.length) {
    refuse("scope: a line stands twice (I3)");
  }
  return scope;
}

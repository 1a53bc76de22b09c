// SPDX-License-Identifier: Apache-2.0
// Which class each operation of each service belongs to; orders pin it by digest (I3).
import { type DigestHex, sha256Hex } from "./digest.ts";
import { isValidId } from "./ids.ts";
import { canonicalJson, type Json } from "./json.ts";
import { Members } from "./members.ts";
import { refuse } from "./refusal.ts";
import { type ActionClass, parseActionClass } from "./scope.ts";

const kServicesMax = 10_000;
const kOperationsMax = 100_000;
const kRegionsMax = 100_000;

export interface Catalogue {
  readonly digest: DigestHex;
  /** Operations by service. */
  readonly services: ReadonlyMap<string, ReadonlyMap<string, ActionClass>>;
}

export function hasExport(catalogue: Catalogue, service: string): boolean {
  const operations = catalogue.services.get(service);
  return operations !== undefined && [...operations.values()].includes("export");
}

/** How many regions the line names. */
function readRegions(line: Members): number {
  if (line.optional("regions") === undefined) return 0;
  const regions = line.strings("regions");
  if (!regions.every(isValidId)) line.refuse("regions", "not a valid identifier");
  if (new Set(regions).size !== regions.length) line.refuse("regions", "a region stands twice");
  if (regions.length === 0) line.refuse("regions", "empty (leave it out)");
  return regions.length;
}

function readOperations(line: Members): ReadonlyMap<string, ActionClass> {
  const known = new Map<string, ActionClass>();
  for (const [operation, value] of line.object("operations")) {
    const actionClass = typeof value === "string" ? parseActionClass(value) : undefined;
    known.set(
      operation,
      actionClass ?? line.refuse(`operations.${operation}`, "not an action class"),
    );
  }
  return known;
}

export function parseCatalogue(document: Json): Catalogue {
  const members = new Members(document, "catalogue");
  members.version();
  const services = new Map<string, ReadonlyMap<string, ActionClass>>();
  let operations = 0;
  let regions = 0;
  for (const [i, item] of members.list("services").entries()) {
    const line = new Members(item, members.path(`services[${i}]`));
    const service = line.string("service");
    if (!isValidId(service)) line.refuse("service", "not a valid identifier");
    if (services.has(service)) line.refuse("service", "stands twice");
    const known = readOperations(line);
    regions += readRegions(line);
    line.finish();
    operations += known.size;
    services.set(service, known);
  }
  members.finish();
  if (services.size > kServicesMax || operations > kOperationsMax || regions > kRegionsMax) {
    refuse("catalogue: more than 10000 services, 100000 operations or 100000 regions");
  }
  return { digest: sha256Hex(canonicalJson(document)), services };
}

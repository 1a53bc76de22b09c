// SPDX-License-Identifier: Apache-2.0
// An order in words, one thing a line: the text of src/model/order_words.h, letter for letter.
import { compareUtf8, utf8 } from "./bytes.ts";
import { canonicalJson, type Json, parseJson } from "./json.ts";
import { Members } from "./members.ts";
import { type ChangeOrder, type Order, type Restriction } from "./order.ts";
import { parsePolicy, type Policy } from "./policy.ts";
import { Refusal } from "./refusal.ts";
import { parseRoster, type Roster } from "./roster.ts";
import { scopeLineText } from "./scope.ts";

const kTextBytesShown = 200;
const kChangeBytesShown = 4000;

function isControl(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/** Safe for a terminal: control characters become '?', and it is cut to `bytesMax`. */
export function printable(text: string, bytesMax = kTextBytesShown): string {
  let out = "";
  let size = 0;
  for (const character of text) {
    const bytes = utf8(character).length;
    if (size + bytes > bytesMax) return `${out}…`;
    const control = isControl(character.codePointAt(0) ?? 0);
    out += control ? "?" : character;
    size += control ? 1 : bytes;
  }
  return out;
}

function joined(items: readonly string[]): string {
  return items.length === 0 ? "none" : items.map((item) => printable(item)).join(", ");
}

/** The lists are too long for one page: counts, and where the rest can be read. */
function restInWords(value: Json): string {
  const rest = new Members(value, "not_affected_rest");
  const lines = rest.list("by_service").map((item) => {
    const line = new Members(item, "by_service");
    return `${printable(line.string("service"))} of ${line.integer("subscriptions")} subscriptions`;
  });
  const byService = lines.length === 0 ? "" : ` (${lines.join(", ")})`;
  return (
    `  and ${rest.integer("services")} services${byService} and ${rest.integer("agreements")}` +
    " agreements more, all listed by: proviso order export --not-affected, with SHA-256 " +
    `${rest.string("all")}\n`
  );
}

function rolloutInWords(value: Json): string {
  const rollout = new Members(value, "rollout");
  const first = rollout.list("first").map((item) => {
    const step = new Members(item, "first");
    return `  enforced from ${step.string("from")} at ${joined(step.strings("gates"))}\n`;
  });
  return (
    "IN SHADOW FIRST: until a gate enforces it, it only counts what it would refuse\n" +
    `${first.join("")}  enforced everywhere from ${rollout.string("everywhere_from")}\n`
  );
}

function stagesInWords(document: Members): string {
  const stages = document.list("stages").map((item) => {
    const stage = new Members(item, "stage");
    return `  ${stage.string("effect")} from ${stage.string("from")}\n`;
  });
  const until = document.any("until");
  const review = document.any("review");
  const ends = typeof until === "string" ? `Ends by itself: ${until}\n` : "";
  const reviewed =
    typeof review === "string" ? `Has no end; reviewed at the latest: ${review}\n` : "";
  const rollout = document.optional("rollout");
  const begins = rollout === undefined ? "" : rolloutInWords(rollout);
  return `${stages.join("")}${begins}${ends}${reviewed}`;
}

function reasonsInWords(document: Members): string {
  const terms = document.list("terms").map((item) => {
    const term = new Members(item, "term");
    return ` ${printable(term.string("id"))} (version ${term.integer("version")})`;
  });
  const services = joined(document.strings("services_not_affected"));
  const agreements = joined(document.strings("agreements_not_affected"));
  const rest = document.optional("not_affected_rest");
  const origin = new Members(document.object("origin"), "origin");
  const country = origin.string("country");
  return (
    `Under the terms:${terms.join("")}\n` +
    `Not affected: services ${services}; agreements ${agreements}\n` +
    (rest === undefined ? "" : restInWords(rest)) +
    `Asked for by: ${printable(origin.string("kind"))}` +
    `${country === "" ? "" : `, ${printable(country)}`}\n`
  );
}

function restrictionInWords(r: Restriction, document: Members): string {
  const ratifies = document.optional("ratifies");
  const protectedReason = document.optional("protected_reason");
  const scope = r.scope.map((line) => `  ${printable(scopeLineText(line))}\n`);
  return (
    (r.emergency
      ? "EMERGENCY: two people cut this off at once, without notice before; it ends by itself " +
        "within 72 hours unless others ratify it\n"
      : "") +
    (typeof ratifies === "string" ? `Goes on with the emergency order ${ratifies}\n` : "") +
    `Restricts:\n${scope.join("")}` +
    stagesInWords(document) +
    reasonsInWords(document) +
    `Protected subject: ${joined(r.protectedClasses)}\n` +
    (typeof protectedReason === "string"
      ? `  restricted all the same, for a reason with SHA-256 ${protectedReason}\n`
      : "") +
    (r.closesExport
      ? "CLOSES THE EXPORT: the customer cannot take its data out (one more approval)\n"
      : "The customer can still take its data out.\n") +
    `Evidence: ${document.list("evidence").length} items\n`
  );
}

/** Every key of it, however many: what is not shown could not have been meant. */
function rosterInWords(roster: Roster): string {
  const lines = [...roster.values()].map(
    (m) =>
      `  ${m.key.id} ${printable(m.person)}, ${m.role}` +
      (m.outside ? ", from outside the organisation" : "") +
      (m.onCall ? ", on call" : "") +
      (m.serverMediated ? ", SERVER-MEDIATED: the server shows what it signs" : ""),
  );
  return `The roster becomes these ${roster.size} keys:\n${lines.map((l) => `${l}\n`).join("")}`;
}

function sortedByName<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => compareUtf8(a, b));
}

function policyInWords(policy: Policy): string {
  const kinds = sortedByName(policy.approvals).map(([kind, n]) => `  ${kind} takes ${n}\n`);
  const classes = sortedByName(policy.protectedSubjects).map(
    ([name, rule]) =>
      `  against ${name}: ${rule.more} more, ${rule.outside} from outside the organisation\n`,
  );
  return (
    `The policy becomes:\n${kinds.join("")}${classes.join("")}` +
    (policy.serverMediated
      ? "  SERVER-MEDIATED keys are allowed\n"
      : "  server-mediated keys are not allowed\n")
  );
}

function changeInWords(order: ChangeOrder): string {
  try {
    if (order.kind === "roster") return rosterInWords(parseRoster(order.change));
    if (order.kind === "policy") return policyInWords(parsePolicy(order.change));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return `Changes to: ${printable(canonicalJson(order.change), kChangeBytesShown)}\n`;
}

export function orderInWords(order: Order): string {
  const document = new Members(parseJson(order.canonical), "order");
  let out =
    `Order ${order.digest}\nKind: ${order.kind}, proposed ${document.string("proposed_at")}, ` +
    `ledger ${printable(order.ledger)}\n`;
  if (order.kind === "restrict") {
    const body = document.object("restriction");
    out += restrictionInWords(order.restriction, new Members(body, "restriction"));
  } else if (order.kind === "lift") {
    out += `Lifts the order: ${order.lifts}\n`;
  } else {
    out += changeInWords(order);
  }
  return out;
}

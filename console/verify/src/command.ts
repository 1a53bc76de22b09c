// SPDX-License-Identifier: Apache-2.0
// The command `ledger-verify`, without the process around it: arguments in, texts and an exit code
// out. It answers as `proviso verify` does, member by member.
import { existsSync, statSync } from "node:fs";
import { parseArgs } from "node:util";

import { auditLedger, type AuditReport } from "./audit_ledger.ts";
import { type Bytes, fromUtf8 } from "./bytes.ts";
import { type Cosigned, cosignedAt } from "./cosigned.ts";
import { openFolderLog, readFileWithin } from "./folder_reader.ts";
import { parseTrust, type TrustRoot } from "./genesis.ts";
import { openHttpLog } from "./http_reader.ts";
import { entryInWords, parseIndexKeys } from "./list_scan.ts";
import { NoteVerifier } from "./note.ts";
import { type Reader } from "./reader.ts";
import { messageOf, Refusal, refuse, within } from "./refusal.ts";
import { type Overdue } from "./sealed.ts";
import { kSnapshotBytesMax } from "./snapshot.ts";
import { formatTime, parseTime, type Time, wholeSecond } from "./time.ts";
import { keyOf, policyFor, trustedPolicy } from "./trusted_policy.ts";
import { type Finding, verifyLog } from "./verify_log.ts";
import { type WitnessPolicy } from "./witness_policy.ts";

export const kUsage = `ledger-verify LOG (--key PUB | --trust trust.json) [OPTION...]

Proves a ledger from its public files. LOG is a folder or an http(s) URL of a static server.

  --key PUB          the log's verifier key, or a file with it: proves the log
  --trust FILE       trust file: proves who decided as well
  --snapshot FILE    a gate's snapshot, held against the log (needs --trust)
  --since FILE       an earlier checkpoint that was kept
  --at TIME          when openings of sealed entries are asked for (default: now)
  --index-key FILE   a customer's index keys: lists its entries (needs --trust)
  --policy FILE      witness policy: whose cosignatures a checkpoint must have; goes before
                     what the trust file asks for
  --json             the verdict as one line of JSON
  --help             this

Ends with 0: valid; 1: failed; 2: bad input or usage; 3: not valid.
`;

export interface Answer {
  readonly exitCode: 0 | 1 | 2 | 3;
  readonly stdout: string;
  readonly stderr: string;
}

/** Something that may work at another time: a disk that failed. */
export class Failure extends Error {}

export const kFileBytesMax = 64 * 1024 * 1024;

export function readFile(path: string, bytesMax: number): Bytes {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    refuse(`${path}: is a folder`);
  }
  const read = readFileWithin(path, bytesMax);
  switch (read.kind) {
    case "bytes":
      return read.bytes;
    case "missing":
      return refuse(`${path}: no such file`);
    case "too-long":
      throw new Failure(`${path}: longer than ${bytesMax} bytes`);
    case "failed":
      throw new Failure(read.what);
  }
}

function readOptional(path: string | undefined): Bytes | undefined {
  return path === undefined ? undefined : readFile(path, kSnapshotBytesMax);
}

/** The key itself, or a file that holds it. A key has '+', which file names seldom have. */
export function readLogKey(keyOrFile: string): NoteVerifier {
  if (!existsSync(keyOrFile) && keyOrFile.includes("+")) {
    return within("--key: no file of this name, and no key", () => NoteVerifier.parse(keyOrFile));
  }
  const text = fromUtf8(readFile(keyOrFile, kFileBytesMax)) ?? refuse(`${keyOrFile}: not UTF-8`);
  return within(keyOrFile, () => NoteVerifier.parse(text.replace(/[\r\n]+$/, "")));
}

/** The policy that is named here, else the trust file's. */
export function readWitnessPolicy(
  path: string | undefined,
  trust: TrustRoot | undefined,
  log: NoteVerifier | undefined,
): WitnessPolicy | undefined {
  if (path !== undefined) return policyFor(path, readFile(path, kFileBytesMax), log);
  return trust === undefined ? undefined : trustedPolicy(trust);
}

export async function openLog(place: string): Promise<Reader> {
  if (/^https?:\/\//i.test(place)) return openHttpLog(place);
  if (!existsSync(place)) refuse(`${place}: no such folder`);
  return openFolderLog(place);
}

interface ListText {
  readonly list: string;
}

interface Verdict {
  readonly finding: Finding<string> | undefined;
  /** Members of the JSON besides those of every verdict; a list is JSON text already. */
  readonly counts: Readonly<Record<string, string | number | bigint | ListText>>;
  readonly text: string;
}

interface Request {
  readonly log: string;
  readonly key: string | undefined;
  readonly trust: string | undefined;
  readonly snapshot: string | undefined;
  readonly since: string | undefined;
  readonly at: string | undefined;
  readonly policy: string | undefined;
  readonly indexKey: string | undefined;
  readonly json: boolean;
}

/** Who cosigned and by when, for programs and for people; nothing without a policy. */
export function cosignersOf(
  policy: WitnessPolicy | undefined,
  cosigned: Cosigned,
): {
  readonly told: { readonly cosigned_by?: readonly string[]; readonly cosigned_at?: string | null };
  readonly text: string;
} {
  if (policy === undefined) return { told: {}, text: "" };
  const { names } = cosigned;
  const at = cosignedAt(cosigned);
  const who = names.length === 0 ? "nobody, as the policy allows" : names.join(", ");
  const when = at === undefined ? "" : `; enough of them by ${at}`;
  const told = { cosigned_by: names, cosigned_at: at ?? null };
  return { told, text: `cosigned by ${who}${when}\n` };
}

/** Texts of JSON, for the members of a verdict. */
function inCounts(told: Readonly<Record<string, unknown>>): Readonly<Record<string, ListText>> {
  return Object.fromEntries(
    Object.entries(told).map(([name, value]) => [name, { list: JSON.stringify(value) }]),
  );
}

async function verdictByKey(request: Request, keyOrFile: string): Promise<Verdict> {
  const key = readLogKey(keyOrFile);
  const witnessPolicy = readWitnessPolicy(request.policy, undefined, key);
  const since = readOptional(request.since);
  const log = await openLog(request.log);
  const { finding, size, root, cosigned } = await verifyLog(log, key, { since, witnessPolicy });
  const cosigners = cosignersOf(witnessPolicy, cosigned);
  return {
    finding,
    counts: { entries: size, root, ...inCounts(cosigners.told) },
    text: `valid: ${size.toString()} entries, root ${root}\n${cosigners.text}`,
  };
}

const kOverdueShown = 1000;
const kUnitSeconds = new Map([
  ["d", 86_400n],
  ["h", 3_600n],
  ["m", 60n],
  ["s", 1n],
]);

/** "now", RFC 3339, or "+7d", "+36h", "+30m", "+5s" from now; in whole seconds. */
function readMoment(text: string | undefined): Time {
  const now = BigInt(Date.now()) * 1_000_000n;
  if (text === undefined) return now;
  if (text === "now") return wholeSecond(now);
  const match = /^\+(\d{1,6})([dhms])$/.exec(text);
  const unit = kUnitSeconds.get(match?.[2] ?? "");
  const count = BigInt(match?.[1] ?? "0");
  if (unit !== undefined && count <= 100_000n) {
    return wholeSecond(now) + count * unit * 1_000_000_000n;
  }
  const time = text.startsWith("+") ? undefined : parseTime(text);
  return wholeSecond(time ?? refuse("a time is RFC 3339, now, or +7d, +36h, +30m"));
}

function overdueText(overdue: readonly Overdue[]): string {
  const items = overdue
    .slice(0, kOverdueShown)
    .map(
      ({ due, entry, missing }) =>
        `{"due":"${formatTime(due)}","entry":${entry},"missing":${missing}}`,
    );
  return `[${items.join(",")}]`;
}

function sealsInWords({ seals, overdue }: AuditReport): string {
  if (seals.sealed === 0) return "";
  const head =
    `  ${seals.sealed} sealed entries: ${seals.opened} opened (${seals.covers} covers, ` +
    `${seals.openedLate} late), ${seals.sealed - seals.opened} not yet\n`;
  const lines = overdue.slice(0, kOverdueShown).map(({ due, entry, missing }) => {
    const more = missing === 1 ? "" : ` (${missing} openings are missing)`;
    return `  OVERDUE: entry ${entry} should have been opened by ${formatTime(due)}${more}\n`;
  });
  return head + lines.join("");
}

function indexInWords({ index }: AuditReport): string {
  if (index.tags === 0) return "";
  const covers = `an index of them covers the first ${index.covered} entries`;
  return `  ${index.tags} entries about customers; ${covers}\n`;
}

function readIndexKeys(
  path: string | undefined,
  trust: TrustRoot,
): readonly Bytes[] | undefined {
  if (path === undefined) return undefined;
  const bytes = readFile(path, kFileBytesMax);
  return within(path, () => parseIndexKeys(bytes, trust.ledger));
}

/** What a customer's index keys found in a whole log, for programs and for people. */
function listedOf({ listed, underOtherKeys }: AuditReport): {
  readonly counts: Readonly<Record<string, ListText>>;
  readonly text: string;
} {
  const words = listed.map(entryInWords);
  const lines = [
    `${listed.length} entries under these index keys`,
    ...words.map((line) => `  ${line}`),
    ...underOtherKeys.map(
      (index) =>
        `  ASK: entry ${index} names a case or an order of these, and no key here finds it`,
    ),
  ];
  const counts = {
    listed: { list: JSON.stringify(words) },
    under_other_keys: { list: JSON.stringify(underOtherKeys) },
  };
  return { counts, text: lines.map((line) => `${line}\n`).join("") };
}

async function verdictByTrust(request: Request, trustFile: string): Promise<Verdict> {
  const bytes = readFile(trustFile, kFileBytesMax);
  const trust = within(trustFile, () => parseTrust(bytes));
  const snapshot = readOptional(request.snapshot);
  const since = readOptional(request.since);
  const at = readMoment(request.at);
  const witnessPolicy = readWitnessPolicy(request.policy, trust, keyOf(trust));
  const indexKeys = readIndexKeys(request.indexKey, trust);
  const log = await openLog(request.log);
  const options = { snapshot, since, at, witnessPolicy, indexKeys };
  const report = await auditLedger(log, trust, options);
  const listed = indexKeys === undefined ? { counts: {}, text: "" } : listedOf(report);
  const cosigners = cosignersOf(witnessPolicy, report.cosigned);
  return {
    finding: report.finding,
    counts: {
      ...inCounts(cosigners.told),
      ...listed.counts,
      entries: report.entries,
      orders_in_force: report.ordersInForce,
      lifts: report.lifts,
      governance_orders: report.governanceOrders,
      not_in_snapshot: report.notInSnapshot,
      sealed: report.seals.sealed,
      opened: report.seals.opened,
      covers: report.seals.covers,
      opened_late: report.seals.openedLate,
      overdue: { list: overdueText(report.overdue) },
      overdue_total: report.overdue.length,
      tags: report.index.tags,
      index_entries: report.index.published,
      indexed: report.index.covered,
    },
    text:
      `valid: ${report.entries.toString()} entries; ${report.ordersInForce} restrictions in ` +
      `force, ${report.lifts} lifts, ${report.governanceOrders} changes of who decides\n` +
      sealsInWords(report) +
      indexInWords(report) +
      cosigners.text +
      listed.text,
  };
}

function memberText(value: string | number | bigint | ListText): string {
  if (typeof value === "object") return value.list;
  return typeof value === "string" ? JSON.stringify(value) : value.toString();
}

function inJson({ finding, counts }: Verdict): string {
  const members = new Map<string, string>();
  for (const [name, value] of Object.entries(counts)) {
    members.set(name, memberText(value));
  }
  members.set("ok", JSON.stringify(finding === undefined));
  members.set("error_class", JSON.stringify(finding?.errorClass ?? "OK"));
  members.set("where", JSON.stringify(finding?.where ?? ""));
  members.set("detail", JSON.stringify(finding?.detail ?? ""));
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}\n`;
}

function inWords({ finding, text }: Verdict): string {
  if (finding === undefined) return text;
  return `NOT VALID: ${finding.errorClass} at ${finding.where}: ${finding.detail}\n`;
}

function parseRequest(args: readonly string[]): Request | "help" {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const files = { key: text, trust: text, snapshot: text, since: text, policy: text };
  const options = { ...files, "index-key": text, at: text, json: flag, help: flag };
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : "the arguments cannot be read");
  }
  const { values, positionals } = parsed;
  if (values.help === true) return "help";
  const [log, ...more] = positionals;
  if (log === undefined || more.length > 0) return refuse("give one LOG: a folder or a URL");
  const { key, trust, snapshot, since, policy, at, json } = values;
  const indexKey = values["index-key"];
  return { log, key, trust, snapshot, since, policy, indexKey, at, json: json ?? false };
}

async function judge(request: Request): Promise<Verdict> {
  const { key, trust, snapshot } = request;
  if (key !== undefined && trust === undefined) {
    if (snapshot !== undefined) refuse("--snapshot needs --trust: a key alone proves no order");
    if (request.indexKey !== undefined) {
      refuse("--index-key needs --trust: a key alone proves no entry");
    }
    return verdictByKey(request, key);
  }
  if (trust !== undefined && key === undefined) return verdictByTrust(request, trust);
  return refuse("give --key PUB or --trust trust.json");
}

/** What `work` answers; where it fails, the error as an answer. */
export async function answered(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) {
      return { exitCode: 1, stdout: "", stderr: `error: ${error.message}\n` };
    }
    if (!(error instanceof Refusal)) throw error;
    return { exitCode: 2, stdout: "", stderr: `error: ${messageOf(error)}\n` };
  }
}

export function run(args: readonly string[]): Promise<Answer> {
  return answered(async () => {
    const request = parseRequest(args);
    if (request === "help") return { exitCode: 0, stdout: kUsage, stderr: "" };
    const verdict = await judge(request);
    const stdout = request.json ? inJson(verdict) : inWords(verdict);
    return { exitCode: verdict.finding === undefined ? 0 : 3, stdout, stderr: "" };
  });
}

// SPDX-License-Identifier: Apache-2.0
// The commands of `ledger-verify`: those of the program in C++, member by member, and the log alone
// where no command is named. Arguments in, texts and an exit code out.
import { parseArgs } from "node:util";

import { type Bytes, toHex } from "./bytes.ts";
import {
  type Answer,
  answered,
  cosignersOf,
  kFileBytesMax,
  kUsage,
  openLog,
  readFile,
  readLogKey,
  readWitnessPolicy,
  run as runLog,
} from "./command.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { type Cosigned, judgeWitnesses, kNobodyAsked } from "./cosigned.ts";
import { kListBytesMax, listInWords, verifyCustomerList } from "./customer_list.ts";
import { parseTrust, type TrustRoot } from "./genesis.ts";
import { entryInWords } from "./list_scan.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { meaningOf } from "./meaning.ts";
import { NoteVerifier } from "./note.ts";
import { bundleInWords, kOrderBundleBytesMax, verifyOrderBundle } from "./order_bundle.ts";
import { orderInWords, printable } from "./order_words.ts";
import { parseTlogProof } from "./proof.ts";
import { messageOf, refuse, within } from "./refusal.ts";
import { kSnapshotBytesMax, verifySnapshot } from "./snapshot.ts";
import { formatTime } from "./time.ts";
import { keyOf } from "./trusted_policy.ts";
import { verifyGrowth } from "./verify_growth.ts";
import { type Finding } from "./verify_log.ts";
import { type WitnessPolicy } from "./witness_policy.ts";

const kDetailBytesShown = 1000;
const kNoRoot = toHex(new Uint8Array(32));

const kCommandsUsage = `ledger-verify COMMAND ...

  log LOG                           all of it; "log" may be left out
  consistency EARLIER LATER LOG     that one checkpoint continues another
  bundle FILE                       one order: what was ordered, when, by how many
  list FILE                         all entries about one customer
  snapshot FILE                     what a gate works by
  proof FILE --entry FILE           that an entry is in the log (tlog-proof)

`;

type Member = string | number | bigint | boolean | null | readonly string[];

interface Verdict {
  readonly finding: Finding<string> | undefined;
  readonly members: Readonly<Record<string, Member>>;
  readonly words: string;
}

interface Asked {
  readonly operands: readonly string[];
  readonly trust: string | undefined;
  readonly key: string | undefined;
  readonly entry: string | undefined;
  readonly policy: string | undefined;
}

/** Whose signature counts, and for which log. */
interface LogKey {
  readonly key: NoteVerifier;
  readonly origin: string;
  /** Whose cosignatures are asked for. */
  readonly policy: WitnessPolicy | undefined;
}

function operand(asked: Asked, at: number): string {
  return asked.operands[at] ?? refuse("an operand is missing");
}

function readTrust(asked: Asked): TrustRoot {
  if (asked.trust === undefined) return refuse("give --trust FILE");
  const file = asked.trust;
  return within(file, () => parseTrust(readFile(file, kFileBytesMax)));
}

function readKey(asked: Asked): LogKey {
  if ((asked.trust === undefined) === (asked.key === undefined)) {
    refuse("give --key PUB or --trust FILE");
  }
  if (asked.key !== undefined) {
    const key = readLogKey(asked.key);
    return { key, origin: key.name, policy: readWitnessPolicy(asked.policy, undefined, key) };
  }
  const trust = readTrust(asked);
  const key = within("trust file", () => NoteVerifier.parse(trust.ledgerKey));
  return { key, origin: trust.ledger, policy: readWitnessPolicy(asked.policy, trust, key) };
}

async function judgeBundle(asked: Asked): Promise<Verdict> {
  const trust = readTrust(asked);
  const bytes = readFile(operand(asked, 0), kOrderBundleBytesMax);
  const policy = readWitnessPolicy(asked.policy, trust, keyOf(trust));
  const report = await verifyOrderBundle(bytes, trust, policy);
  if (report.finding !== undefined) return { finding: report.finding, members: {}, words: "" };
  const { order, standing, checkpoint, ...proven } = report.proven;
  const members = {
    order: order.digest,
    kind: order.kind,
    ordered: orderInWords(order),
    emergency: order.kind === "restrict" && order.restriction.emergency,
    lifts: order.kind === "lift" ? order.lifts : null,
    approvals: standing.valid,
    approvals_needed: standing.needed,
    outside_needed: standing.outsideNeeded,
    own_keys: standing.ownKeys,
    entry: proven.entry,
    in_force_at: formatTime(proven.inForceAt),
    governance_orders: proven.governanceOrders,
    entries: checkpoint.size,
    root: toHex(checkpoint.root),
  };
  const { told, text } = cosignersOf(policy, proven.cosigned);
  const words = `${bundleInWords(report.proven)}${text}`;
  return { finding: undefined, members: { ...members, ...told }, words };
}

async function judgeList(asked: Asked): Promise<Verdict> {
  const trust = readTrust(asked);
  const bytes = readFile(operand(asked, 0), kListBytesMax);
  const policy = readWitnessPolicy(asked.policy, trust, keyOf(trust));
  const { finding, proven } = await verifyCustomerList(bytes, trust, policy);
  if (finding !== undefined) return { finding, members: {}, words: "" };
  const { entries, keys, covered, checkpoint, cosigned } = proven;
  const members = {
    listed: entries.map(entryInWords),
    keys,
    complete_to: covered,
    entries: checkpoint.size,
    root: toHex(checkpoint.root),
  };
  const { told, text } = cosignersOf(policy, cosigned);
  const words = `${listInWords(proven)}${text}`;
  return { finding: undefined, members: { ...members, ...told }, words };
}

async function judgeSnapshot(asked: Asked): Promise<Verdict> {
  const trust = readTrust(asked);
  const bytes = readFile(operand(asked, 0), kSnapshotBytesMax);
  const policy = readWitnessPolicy(asked.policy, trust, keyOf(trust));
  const wrong = (errorClass: string, where: string, detail: string): Verdict => {
    const { told } = cosignersOf(policy, kNobodyAsked);
    const members = { restrictions: 0, entries: 0, root: kNoRoot, ...told };
    return { finding: { errorClass, where, detail }, members, words: "" };
  };
  try {
    const { checkpoint, note, restrictions } = await verifySnapshot(bytes, trust);
    const judged = await judgeWitnesses(note, policy);
    if (judged.kind === "wrong") {
      return wrong(judged.errorClass, "snapshot checkpoint", judged.detail);
    }
    const { told, text } = cosignersOf(policy, judged.cosigned);
    const { size, root } = checkpoint;
    const words =
      `valid: ${restrictions.length} restrictions, under the log's checkpoint of ` +
      `${size.toString()} entries\nWhat the snapshot leaves out only the whole log shows.\n`;
    const members = { restrictions: restrictions.length, entries: size, root: toHex(root) };
    return { finding: undefined, members: { ...members, ...told }, words: words + text };
  } catch (error) {
    return wrong("snapshot", "snapshot", messageOf(error));
  }
}

interface JudgedProof {
  readonly finding: Finding<string> | undefined;
  /** Of its checkpoint; 0 and zeros where it is not good. */
  readonly size: bigint;
  readonly root: string;
  readonly cosigned: Cosigned;
}

/** The first thing that is wrong with a tlog-proof. */
async function judgeTlogProof(
  bytes: Bytes,
  entry: Bytes,
  { key, origin, policy }: LogKey,
): Promise<JudgedProof> {
  const wrong = (errorClass: string, where: string, detail: string): JudgedProof => ({
    finding: { errorClass, where, detail },
    size: 0n,
    root: kNoRoot,
    cosigned: kNobodyAsked,
  });
  let step = { errorClass: "proof", where: "proof" };
  try {
    const proof = parseTlogProof(bytes);
    const opened = await openCheckpoint(proof.checkpoint, key, origin);
    if (opened.kind === "wrong") return wrong(`checkpoint-${opened.fault}`, "proof", opened.what);
    const judged = await judgeWitnesses(proof.checkpoint, policy);
    if (judged.kind === "wrong") return wrong(judged.errorClass, "proof", judged.detail);
    const { size, root } = opened.checkpoint;
    step = { errorClass: "inclusion", where: "entry" };
    verifyInclusion(proof.index, size, leafHash(entry), proof.hashes, root);
    return { finding: undefined, size, root: toHex(root), cosigned: judged.cosigned };
  } catch (error) {
    return wrong(step.errorClass, step.where, messageOf(error));
  }
}

async function judgeProof(asked: Asked): Promise<Verdict> {
  const key = readKey(asked);
  const proof = readFile(operand(asked, 0), kSnapshotBytesMax);
  const entry = readFile(asked.entry ?? refuse("give --entry FILE"), kSnapshotBytesMax);
  const { finding, size, root, cosigned } = await judgeTlogProof(proof, entry, key);
  const { told, text } = cosignersOf(key.policy, cosigned);
  const words =
    `valid: the entry is in the log, under its checkpoint of ${size.toString()} entries\n`;
  return { finding, members: { entries: size, root, ...told }, words: words + text };
}

async function judgeConsistency(asked: Asked): Promise<Verdict> {
  const { key, origin, policy } = readKey(asked);
  const earlier = readFile(operand(asked, 0), kSnapshotBytesMax);
  const later = readFile(operand(asked, 1), kSnapshotBytesMax);
  const log = await openLog(operand(asked, 2));
  const report = await verifyGrowth(log, key, earlier, later, origin, policy);
  const { finding, size, root } = report;
  const { told, text } = cosignersOf(policy, report.cosigned);
  const words =
    `valid: the later checkpoint, of ${size.toString()} entries, continues the earlier one\n`;
  return { finding, members: { entries: size, root, ...told }, words: words + text };
}

interface Command {
  readonly operands: number;
  readonly options: readonly ("trust" | "key" | "entry" | "policy")[];
  readonly judge: (asked: Asked) => Promise<Verdict>;
}

const kCommands: ReadonlyMap<string, Command> = new Map([
  ["bundle", { operands: 1, options: ["trust", "policy"], judge: judgeBundle }],
  ["list", { operands: 1, options: ["trust", "policy"], judge: judgeList }],
  ["snapshot", { operands: 1, options: ["trust", "policy"], judge: judgeSnapshot }],
  ["proof", { operands: 1, options: ["trust", "key", "policy", "entry"], judge: judgeProof }],
  ["consistency", { operands: 3, options: ["trust", "key", "policy"], judge: judgeConsistency }],
]);

function inJson({ finding, members }: Verdict): string {
  const all: Record<string, Member> = {
    ...members,
    ok: finding === undefined,
    error_class: finding?.errorClass ?? "OK",
    where: finding?.where ?? "",
    detail: printable(finding?.detail ?? "", kDetailBytesShown),
  };
  const sorted = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = (value: Member): string =>
    typeof value === "bigint" ? value.toString() : JSON.stringify(value);
  return `{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${text(value)}`).join(",")}}\n`;
}

function inWords({ finding, words }: Verdict): string {
  if (finding === undefined) return words;
  const { errorClass, where } = finding;
  const detail = printable(finding.detail, kDetailBytesShown);
  return `NOT VALID: ${errorClass} at ${where}: ${detail}\nThat means: ${meaningOf(errorClass)}\n`;
}

function parse(args: readonly string[], command: Command): Asked & { readonly json: boolean } {
  const text = { type: "string" } as const;
  const files = { trust: text, key: text, entry: text, policy: text };
  const options = { ...files, json: { type: "boolean" } } as const;
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : "the arguments cannot be read");
  }
  const { values, positionals } = parsed;
  if (positionals.length !== command.operands) {
    refuse(`takes ${command.operands} operands, not ${positionals.length}`);
  }
  for (const name of ["trust", "key", "entry", "policy"] as const) {
    if (values[name] === "") refuse(`--${name}: is empty`);
    if (values[name] !== undefined && !command.options.includes(name)) {
      refuse(`--${name}: no such option here`);
    }
  }
  const { trust, key, entry, policy, json } = values;
  return { operands: positionals, trust, key, entry, policy, json: json ?? false };
}

function answer(args: readonly string[], command: Command): Promise<Answer> {
  return answered(async () => {
    const asked = parse(args, command);
    const verdict = await command.judge(asked);
    const stdout = asked.json ? inJson(verdict) : inWords(verdict);
    return { exitCode: verdict.finding === undefined ? 0 : 3, stdout, stderr: "" };
  });
}

export async function run(args: readonly string[]): Promise<Answer> {
  const [name = "", ...rest] = args;
  if (args.includes("--help")) {
    return { exitCode: 0, stdout: `${kCommandsUsage}${kUsage}`, stderr: "" };
  }
  const command = kCommands.get(name);
  if (command !== undefined) return answer(rest, command);
  return runLog(name === "log" ? rest : args);
}

// SPDX-License-Identifier: Apache-2.0
// Which cosignatures a checkpoint needs, in the lines of C2SP's tlog-policy:
// docs/formats/witness.md. Robust to untrusted input.
import { type Bytes, equalBytes, fromUtf8 } from "./bytes.ts";
import { parseDecimal } from "./checkpoint.ts";
import { CosignerKey } from "./cosignature.ts";
import { NoteVerifier } from "./note.ts";
import { messageOf, refuse } from "./refusal.ts";

export const kWitnessPolicyBytesMax = 65_536;
const kNamesMax = 1024;

export interface Witness {
  readonly name: string;
  readonly key: CosignerKey;
}

interface Group {
  readonly name: string;
  readonly needed: number;
  /** Witnesses, or groups that stand before. */
  readonly members: readonly string[];
}

/** Reads line after line. */
class PolicyReader {
  readonly logs: NoteVerifier[] = [];
  readonly witnesses: Witness[] = [];
  readonly groups: Group[] = [];
  /** The name of a witness or group, or "none"; undefined before its line. */
  quorum: string | undefined;
  private readonly names = new Set<string>();
  private readonly members = new Set<string>();

  line(kind: string, words: readonly string[]): void {
    if (this.names.size === kNamesMax) refuse("more than 1,024 names");
    switch (kind) {
      case "log":
        this.readLog(words);
        return;
      case "witness":
        this.readWitness(words);
        return;
      case "group":
        this.readGroup(words);
        return;
      case "quorum":
        this.readQuorum(words);
        return;
      default:
        return refuse("a line is log, witness, group or quorum");
    }
  }

  private readLog([vkey, ...more]: readonly string[]): void {
    if (vkey === undefined || more.length > 1) return refuse("expected: log VKEY [URL]");
    const log = NoteVerifier.parse(vkey);
    if (this.logs.some(({ key }) => equalBytes(key.bytes, log.key.bytes))) {
      refuse("a log with the key of an earlier one");
    }
    this.logs.push(log);
  }

  private readWitness([name, vkey, ...more]: readonly string[]): void {
    if (name === undefined || vkey === undefined || more.length > 1) {
      return refuse("expected: witness NAME VKEY [URL]");
    }
    this.define(name);
    const key = CosignerKey.parse(vkey);
    for (const other of this.witnesses) {
      if (equalBytes(other.key.key.bytes, key.key.bytes)) {
        refuse("a witness with the key of an earlier one");
      }
      if (other.key.name === key.name && other.key.keyId === key.keyId) {
        refuse("a witness whose lines are like those of an earlier one");
      }
    }
    this.witnesses.push({ name, key });
  }

  private readGroup([name, wanted, ...members]: readonly string[]): void {
    if (name === undefined || wanted === undefined || members.length === 0) {
      return refuse("expected: group NAME all|any|K MEMBER...");
    }
    for (const member of members) {
      if (!this.names.has(member)) refuse("a member that is not defined before");
      if (this.members.has(member)) refuse("a member of two groups");
      this.members.add(member);
    }
    this.define(name);
    this.groups.push({ name, needed: neededOf(wanted, members.length), members });
  }

  private readQuorum([name, ...more]: readonly string[]): void {
    if (this.quorum !== undefined) refuse("a second quorum");
    if (name === undefined || more.length > 0) return refuse("expected: quorum NAME|none");
    if (name !== "none" && !this.names.has(name)) refuse("a quorum that is not defined before");
    this.quorum = name;
  }

  private define(name: string): void {
    if (name === "none") refuse("'none' is no name");
    if (this.names.has(name)) refuse("a name that is defined already");
    this.names.add(name);
  }
}

function neededOf(wanted: string, members: number): number {
  if (wanted === "all") return members;
  if (wanted === "any") return 1;
  const needed = parseDecimal(wanted) ?? 0n;
  if (needed === 0n || needed > BigInt(members)) {
    refuse("a group needs all, any, or 1 to as many as its members");
  }
  return Number(needed);
}

export class WitnessPolicy {
  readonly witnesses: readonly Witness[];
  private readonly logs: readonly NoteVerifier[];
  private readonly groups: readonly Group[];
  private readonly quorum: string;

  private constructor(reader: PolicyReader, quorum: string) {
    this.witnesses = reader.witnesses;
    this.logs = reader.logs;
    this.groups = reader.groups;
    this.quorum = quorum;
  }

  /** `name` stands before what is refused: "NAME:LINE:1: ...". */
  static parse(name: string, bytes: Bytes): WitnessPolicy {
    if (bytes.length > kWitnessPolicyBytesMax) refuse(`${name}:1:1: longer than 65,536 bytes`);
    const text = fromUtf8(bytes) ?? refuse(`${name}:1:1: not UTF-8`);
    const reader = new PolicyReader();
    const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
    for (const [index, line] of lines.entries()) {
      const [kind, ...words] = line.split(/[ \t\r]+/).filter((word) => word !== "");
      if (kind === undefined || kind.startsWith("#")) continue;
      try {
        reader.line(kind, words);
      } catch (error) {
        refuse(`${name}:${index + 1}:1: ${messageOf(error)}`);
      }
    }
    const quorum = reader.quorum ?? refuse(`${name}:${lines.length}:1: no quorum line`);
    return new WitnessPolicy(reader, quorum);
  }

  /** Whether it is meant for this log: it names no log, or this one. */
  covers(log: NoteVerifier): boolean {
    const isLog = (other: NoteVerifier): boolean =>
      other.name === log.name && equalBytes(other.key.bytes, log.key.bytes);
    return this.logs.length === 0 || this.logs.some(isLog);
  }

  /** Whether these witnesses (indexes) are enough. */
  isSatisfiedBy(cosigners: readonly number[]): boolean {
    if (this.quorum === "none") return true;
    const holds = new Set(cosigners.map((index) => this.witnesses[index]?.name));
    // Groups stand behind their members, so one pass knows each answer when it is needed.
    for (const { name, needed, members } of this.groups) {
      if (members.filter((member) => holds.has(member)).length >= needed) holds.add(name);
    }
    return holds.has(this.quorum);
  }
}

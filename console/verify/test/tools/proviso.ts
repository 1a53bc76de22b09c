// SPDX-License-Identifier: Apache-2.0
// The other verifiers, `proviso verify` and `ledger-verify`, and where tests find what they need:
//   PROVISO_BIN     the folder with the programs
//   VERIFY_LEDGER   a ledger of proviso's own, made by tests/ts_verify/run.sh
//   VERIFY_DATA     logs of others; may be missing
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { run } from "../../src/command.ts";
import { run as runCommand } from "../../src/commands.ts";

/** A folder that the environment names; undefined where it names none or it is not there. */
export function folderOf(variable: string): string | undefined {
  const folder = process.env[variable];
  return folder !== undefined && existsSync(folder) ? folder : undefined;
}

export interface Verdict {
  readonly exitCode: number;
  /** Every member but `detail`, which is for people; or what stands on standard error. */
  readonly members: string;
}

function verdict(exitCode: number, stdout: string): Verdict {
  if (stdout === "") return { exitCode, members: "" };
  const members = new Map(Object.entries(JSON.parse(stdout) as Record<string, unknown>));
  members.delete("detail");
  return { exitCode, members: JSON.stringify([...members].sort()) };
}

export function verdictOfProviso(args: readonly string[]): Verdict {
  const program = join(process.env["PROVISO_BIN"] ?? "", "proviso");
  const result = spawnSync(program, ["verify", ...args, "--json"], { encoding: "utf8" });
  if (result.error !== undefined) throw result.error;
  return verdict(result.status ?? -1, result.stdout);
}

export async function verdictOfOurs(args: readonly string[]): Promise<Verdict> {
  const answer = await run([...args, "--json"]);
  return verdict(answer.exitCode, answer.stdout);
}

/** Both verifiers give the same exit code and the same members; returns the exit code. */
export async function agree(args: readonly string[], what: string): Promise<Verdict> {
  const ours = await verdictOfOurs(args);
  assert.deepEqual(ours, verdictOfProviso(args), what);
  return ours;
}

/** The same of `ledger-verify` with one of its commands, letter for letter but for the line for
 * people; returns the class, "" where there is no verdict. */
export async function agreeOnCommand(args: readonly string[], what: string): Promise<string> {
  const ours = await runCommand([...args, "--json"]);
  const program = join(process.env["PROVISO_BIN"] ?? "", "ledger-verify");
  const theirs = spawnSync(program, [...args, "--json"], { encoding: "utf8" });
  if (theirs.error !== undefined) throw theirs.error;
  const withoutDetail = (text: string): string => text.replace(/"detail":"(\\.|[^"\\])*",/, "");
  const told = `${ours.exitCode} ${withoutDetail(ours.stdout)}`;
  assert.equal(told, `${theirs.status ?? -1} ${withoutDetail(theirs.stdout)}`, what);
  return /"error_class":"([^"]*)"/.exec(ours.stdout)?.[1] ?? "";
}

export function classOf({ members }: Verdict): string {
  const found = /\["error_class","([^"]*)"\]/.exec(members);
  return found?.[1] ?? "";
}

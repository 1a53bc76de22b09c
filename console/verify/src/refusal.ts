// SPDX-License-Identifier: Apache-2.0

/**
 * What outside bytes did wrong, in one line for people. Readers of bytes throw it and nothing else;
 * the functions that judge (verifyLog, auditLedger) catch it and make it a report. Anything else
 * that is thrown is a bug of ours or a platform that lacks something.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** For expressions: `value ?? refuse("...")`. */
export function refuse(what: string): never {
  throw new Refusal(what);
}

/** The message of a refusal; rethrows what is none. */
export function messageOf(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  throw error;
}

/** Runs `body` and puts `where` before what it refuses: "where: message". */
export function within<T>(where: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    return refuse(`${where}: ${messageOf(error)}`);
  }
}

export async function withinAsync<T>(where: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    return refuse(`${where}: ${messageOf(error)}`);
  }
}

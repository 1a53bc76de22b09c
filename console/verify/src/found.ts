// SPDX-License-Identifier: Apache-2.0
// How a verifier of one file stops at the first thing that is wrong.
import { Refusal } from "./refusal.ts";
import { type Finding } from "./verify_log.ts";

/** What a verifier throws that has these error classes, and no other. */
export function foundAs<ErrorClass extends string>() {
  /** The first thing that is wrong, on its way out of the verifier. */
  class Found extends Error {
    readonly finding: Finding<ErrorClass>;

    constructor(errorClass: ErrorClass, where: string, detail: string) {
      super(detail);
      this.finding = { errorClass, where, detail };
    }
  }

  /** Runs `body`; what it refuses is found as `errorClass` at `where`. */
  async function findingAs<T>(
    errorClass: ErrorClass,
    where: string,
    body: () => T | Promise<T>,
  ): Promise<T> {
    try {
      return await body();
    } catch (error) {
      if (error instanceof Refusal) throw new Found(errorClass, where, error.message);
      throw error;
    }
  }

  /** What was found; throws again what is no finding. */
  function findingOf(error: unknown): Finding<ErrorClass> {
    if (error instanceof Found) return (error as Found).finding;
    throw error;
  }

  return { Found, findingAs, findingOf };
}

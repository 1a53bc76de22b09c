// SPDX-License-Identifier: Apache-2.0
// A log on any static web server, by fetch: the same code under Node and in a browser.
import { type Bytes, concatBytes } from "./bytes.ts";
import { kNoteBytesMax } from "./note.ts";
import { type Reader, readerBelow, type ReadOutcome } from "./reader.ts";
import { refuse } from "./refusal.ts";

const kReadsAhead = 8;
const kTries = 3;
const kPauseMs = 250;
const kTimeoutMs = 60_000;

/** The body as far as `bytesMax`; undefined where there is more. A server need not tell its length
 * truly, and compression hides it, so what arrives is counted. */
async function readBody(response: Response, bytesMax: number): Promise<Bytes | undefined> {
  if (response.body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concatBytes(...chunks);
    length += value.length;
    if (length > bytesMax) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(value);
  }
}

type Try = ReadOutcome | { readonly kind: "again"; readonly what: string };

class HttpReader implements Reader {
  readonly readsAhead = kReadsAhead;
  private readonly base: URL;

  constructor(base: URL) {
    this.base = base;
  }

  async read(path: string, bytesMax: number): Promise<ReadOutcome> {
    let what = "";
    for (let tries = 0; tries < kTries; ++tries) {
      if (tries > 0) await new Promise((resolve) => setTimeout(resolve, kPauseMs * tries));
      const outcome = await this.once(path, bytesMax);
      if (outcome.kind !== "again") return outcome;
      what = outcome.what;
    }
    return { kind: "failed", what };
  }

  private async once(path: string, bytesMax: number): Promise<Try> {
    try {
      const response = await fetch(new URL(path, this.base), {
        signal: AbortSignal.timeout(kTimeoutMs),
        credentials: "omit",
        referrerPolicy: "no-referrer",
        cache: path.endsWith("checkpoint") ? "no-store" : "default",
      });
      if (response.ok) {
        const bytes = await readBody(response, bytesMax);
        return bytes === undefined ? { kind: "too-long" } : { kind: "bytes", bytes };
      }
      await response.body?.cancel();
      if (response.status === 404 || response.status === 410) return { kind: "missing" };
      const what = `the server answers ${response.status}`;
      const passing = response.status === 429 || response.status >= 500;
      return { kind: passing ? "again" : "failed", what };
    } catch (error) {
      return { kind: "again", what: reasonOf(error) };
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "the request failed";
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/**
 * A log below `url`, or below its folder `log` where `url` is that of a whole ledger folder.
 * Refuses what is no http or https URL.
 */
export async function openHttpLog(url: string): Promise<Reader> {
  const base = URL.canParse(url) ? new URL(url) : refuse(`${url}: not a URL`);
  if (base.protocol !== "https:" && base.protocol !== "http:") refuse(`${url}: not http or https`);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  base.search = "";
  base.hash = "";
  const reader = new HttpReader(base);
  const here = await reader.read("checkpoint", kNoteBytesMax);
  if (here.kind !== "missing") return reader;
  const below = readerBelow(reader, "log");
  return (await below.read("checkpoint", kNoteBytesMax)).kind === "missing" ? reader : below;
}

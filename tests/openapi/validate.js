// SPDX-License-Identifier: Apache-2.0
// An OpenAPI document on standard input → its faults on standard output, exit 1 if there are any.
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";

const validator = new Validator();
const result = await validator.validate(JSON.parse(readFileSync(0, "utf8")));
if (!result.valid || validator.version !== "3.1") {
    console.log(JSON.stringify({ version: validator.version, errors: result.errors }, null, 2));
    process.exit(1);
}

// SPDX-License-Identifier: Apache-2.0
// {name: OpenAPI document} on standard input → their faults on standard output, exit 1 if there
// are any.
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";

for (const [name, document] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(document);
    if (!valid || validator.version !== "3.1") {
        console.log(`${name}: ${JSON.stringify({ version: validator.version, errors }, null, 2)}`);
        process.exitCode = 1;
    }
}

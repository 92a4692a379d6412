/**
 * Validates HTML for the tests: one JSON line {"html": …} in, one JSON line of messages out, until the input ends.
 * A process that lives for the whole run costs its start only once.
 */
import { createInterface } from "node:readline";
import { FileSystemConfigLoader, HtmlValidate } from "html-validate";

const validator = new HtmlValidate(new FileSystemConfigLoader());

for await (const line of createInterface({ input: process.stdin })) {
  const { html } = JSON.parse(line);
  const report = await validator.validateString(html, "page.html");
  const messages = report.results.flatMap((result) => result.messages);
  const lines = messages.map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`);
  process.stdout.write(`${JSON.stringify(lines)}\n`);
}

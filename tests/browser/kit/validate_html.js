/**
 * Validates HTML for the tests: one JSON line {"html": …} in, one JSON line of messages out, until the input ends.
 * A process that lives for the whole run costs its start only once.
 */
import { createInterface } from "node:readline";
import { FileSystemConfigLoader, HtmlValidate } from "html-validate";

// What a script fills in after it has cloned a template.
const FILLED_LATER = ["text-content", "empty-heading", "wcag/h30", "wcag/h37"];

const validator = new HtmlValidate(new FileSystemConfigLoader());

/** @param {string} html @returns {(offset: number) => boolean} whether a place is inside a template */
function templatesOf(html) {
  const found = [...html.matchAll(/<template\b.*?<\/template>/gs)];
  return (offset) => found.some(({ index, 0: text }) => index < offset && offset < index + text.length);
}

/** @param {string} html */
async function faultsOf(html) {
  const inTemplate = templatesOf(html);
  const report = await validator.validateString(html, "page.html");
  return report.results
    .flatMap((result) => result.messages)
    .filter(({ ruleId, offset }) => !(FILLED_LATER.includes(ruleId) && inTemplate(offset)))
    .map(({ line, column, ruleId, message }) => `${line}:${column} ${ruleId}: ${message}`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const faults = await faultsOf(JSON.parse(line).html);
  process.stdout.write(`${JSON.stringify(faults)}\n`);
}

// Says of each mail, as caniemail knows it, what mail programs cannot do: {feature: [program, …]} by the name of the mail.
import { readFileSync } from "node:fs";
import { caniemail } from "caniemail";

const { programs, mails } = JSON.parse(readFileSync(0, "utf8"));
const found = Object.entries(mails).map(([name, html]) => {
  const { errors } = caniemail({ clients: programs, html }).issues;
  const missing = {};
  for (const [program, issues] of errors) for (const issue of issues) (missing[issue.title] ??= new Set()).add(program);
  return [name, Object.fromEntries(Object.entries(missing).map(([title, who]) => [title, [...who].sort()]))];
});
process.stdout.write(JSON.stringify(Object.fromEntries(found)));

/** What our scripts keep to: no markup from strings, no words, no inline style, nothing left over. */
import js from "@eslint/js";
import noUnsanitized from "eslint-plugin-no-unsanitized";
import globals from "globals";

const WORDS = /[A-Za-z]{2,} [A-Za-z]{2,}/.source;
const forbidden = [
  {
    selector: `AssignmentExpression[left.property.name=/^(textContent|innerText|title|alt|placeholder|ariaLabel)$/] > Literal[value=/${WORDS}/]`,
    message: "Words come from the server's HTML, so that they are translated.",
  },
  {
    selector: `CallExpression[callee.property.name="setAttribute"][arguments.0.value=/^(aria-label|title|alt|placeholder)$/] > Literal.arguments:nth-child(2)[value=/${WORDS}/]`,
    message: "Words come from the server's HTML, so that they are translated.",
  },
  {
    selector: "CallExpression[callee.property.name='setAttribute'][arguments.0.value='style']",
    message: "The content policy refuses style attributes: use a class, or element.style.",
  },
  {
    selector: "AssignmentExpression[left.property.name=/^(innerHTML|outerHTML)$/]",
    message: "Clone a <template> and fill its slots.",
  },
  { selector: "CallExpression[callee.name=/^(alert|confirm|prompt)$/]", message: "Use a <dialog>." },
];

export default [
  { ignores: ["node_modules/", ".venv/", "var/", "**/vendor/", "wordpress-plugin/"] },
  js.configs.recommended,
  noUnsanitized.configs.recommended,
  {
    files: ["**/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      complexity: ["error", 10],
      "default-case-last": "error",
      eqeqeq: "error",
      "max-depth": ["error", 3],
      "max-lines-per-function": ["error", { max: 40, skipBlankLines: true, skipComments: true }],
      "no-alert": "error",
      "no-console": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-globals": ["error", "event", "name", "status", "length"],
      "no-restricted-syntax": ["error", ...forbidden],
      "no-script-url": "error",
      "no-shadow": "error",
      "no-throw-literal": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
    },
  },
  {
    // A classic script on other people's pages, wrapped by the server: its one function is called from there.
    files: ["embed/static/embed.js"],
    languageOptions: { sourceType: "script" },
    rules: { "no-unused-vars": "off", "max-lines-per-function": "off" },
  },
  {
    files: ["eslint.config.js", "tests/**/*.js", "tests/**/*.mjs", "bench/**/*.mjs"],
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: { "no-console": "off" },
  },
];

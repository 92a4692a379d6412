// Lets Node find the pages' own modules where the server would serve them; the socket client can be cut off.
const ROOT = new URL("../../", import.meta.url);

export async function resolve(name, context, next) {
  if (/\/vendor\/socket\.io\.esm\.min\.js(\?\d+)?$/.test(name)) return next(new URL("tests/fault/severed.mjs", ROOT).href, context);
  return next(name.startsWith("/static/js/") ? new URL(`.${name}`, ROOT).href : name, context);
}

export async function load(url, context, next) {
  return next(url, url.includes("/static/js/") ? { ...context, format: "module" } : context);
}

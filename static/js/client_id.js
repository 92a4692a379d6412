/** A name that a client gives to what it sends, so that a repeat is recognised. */

/** @returns {string} 32 hexadecimal digits; crypto.randomUUID exists on HTTPS pages only */
export function clientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

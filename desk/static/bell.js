/** The bell: two soft tones made by the browser itself, when the clinic wants to hear arrivals. */

/** @type {AudioContext | undefined} */
let audio;

/** A browser lets a page sound only after its person has touched it. */
function wake() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") void audio.resume();
}

if ("bell" in document.body.dataset) {
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, wake, { once: true });
}

/** Rings once, as far as the clinic wants it and the browser allows it. */
export function ring() {
  if (!("bell" in document.body.dataset)) return;
  document.body.dataset.rung = String(Number(document.body.dataset.rung ?? 0) + 1);
  if (audio?.state !== "running") return;
  tone(audio, 880, audio.currentTime);
  tone(audio, 660, audio.currentTime + 0.22);
}

/** @param {AudioContext} context @param {number} pitch in hertz @param {number} start */
function tone(context, pitch, start) {
  const sound = new OscillatorNode(context, { type: "sine", frequency: pitch });
  const loudness = new GainNode(context, { gain: 0 });
  loudness.gain.setValueAtTime(0, start);
  loudness.gain.linearRampToValueAtTime(0.25, start + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
  sound.connect(loudness).connect(context.destination);
  sound.start(start);
  sound.stop(start + 0.55);
}

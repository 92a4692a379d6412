/** The bell: two soft tones made by the browser itself, when the clinic wants to hear arrivals. */

/** @type {AudioContext | undefined} */
let audio;
/** @type {(() => void)[]} */
const touched = [];

/** A browser lets a page sound only after its person has touched it. */
async function wake() {
  if ("bell" in document.body.dataset) {
    audio ??= new AudioContext();
    if (audio.state === "suspended") await audio.resume();
  }
  for (const listener of touched) listener();
}

const HANDS = ["click", "keyup"]; // after the press: what is said then must not move the page beneath the finger
const first = () => {
  for (const touch of HANDS) removeEventListener(touch, first);
  void wake();
};
for (const touch of HANDS) addEventListener(touch, first);

/** Call a function when this page is first touched. @param {() => void} listener */
export function onTouch(listener) {
  touched.push(listener);
}

/** Whether the browser lets this page sound. */
export function canSound() {
  return audio?.state === "running";
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

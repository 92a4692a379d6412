/** Camera and microphone: opened together, or as far as they can be, with the reason when they cannot. */

/** @typedef {"denied" | "system" | "forbidden" | "none" | "busy" | "insecure" | "failed"} Trouble why a device does not open */

const BLACK = 4_000; // milliseconds without a picture until a camera's new setting is taken back
const LONGEST = 30_000; // somebody may look for the browser's question for a while
/** What is asked of a camera, by the name of the choice. @type {Record<string, MediaTrackConstraints>} */
const PICTURES = {
  auto: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24, max: 30 } },
  medium: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 20, max: 24 } },
  small: { width: { ideal: 320 }, height: { ideal: 240 }, frameRate: { ideal: 15, max: 15 } },
};

/**
 * @typedef {object} Wishes
 * @property {boolean} [camera] whether to open one
 * @property {string} [cameraId]
 * @property {string} [microphoneId]
 * @property {string} [picture] auto, medium or small
 */

/**
 * Opens what it can. A camera that fails must not cost the sound, nor the other way round; a chosen device that is not
 * there any more gives way to another.
 * @param {Wishes} [wishes]
 * @returns {Promise<Opened>}
 */
export async function openMedia(wishes = {}) {
  const opened = await openAsWished(wishes);
  const chosen = wishes.cameraId ?? wishes.microphoneId;
  if (!chosen || opened.trouble !== "none") return opened;
  for (const track of opened.stream.getTracks()) track.stop();
  return openAsWished({ camera: wishes.camera, picture: wishes.picture });
}

/**
 * @typedef {{ stream: MediaStream, trouble: Trouble | null, missing: ("camera" | "microphone")[] }} Opened
 * @param {Wishes} wishes
 * @returns {Promise<Opened>}
 */
async function openAsWished({ camera = true, cameraId, microphoneId, picture }) {
  if (!navigator.mediaDevices) return { stream: new MediaStream(), trouble: "insecure", missing: ["camera", "microphone"] };
  const audio = { ...named(microphoneId), echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const video = camera ? pictureOf(picture, cameraId) : false;
  const both = await attempt({ audio, video });
  if (both.stream) return { stream: both.stream, trouble: null, missing: [] };
  const apart = camera ? await Promise.all([attempt({ audio }), attempt({ video })]) : [both];
  const stream = new MediaStream(apart.flatMap((found) => found.stream?.getTracks() ?? []));
  return { stream, trouble: both.trouble ?? "failed", missing: missingFrom(stream, camera) };
}

/** @param {MediaStream} stream @param {boolean} camera whether one was asked for @returns {("camera" | "microphone")[]} */
function missingFrom(stream, camera) {
  /** @type {("camera" | "microphone")[]} */
  const missing = [];
  if (camera && !stream.getVideoTracks().length) missing.push("camera");
  if (!stream.getAudioTracks().length) missing.push("microphone");
  return missing;
}

/** One device anew. @param {"audio" | "video"} kind @param {Wishes} wishes @returns {Promise<MediaStreamTrack>} */
export async function openDevice(kind, { cameraId, microphoneId, picture }) {
  const constraints = kind === "video" ? { video: pictureOf(picture, cameraId) } : { audio: named(microphoneId) };
  const stream = await navigator.mediaDevices.getUserMedia(constraints);
  return stream.getTracks()[0];
}

/**
 * Another size of the same picture. What the camera refuses, or what leaves no picture, is taken back.
 * @param {MediaStreamTrack} track
 * @param {string} picture
 * @param {string} [before] that works
 */
export async function resize(track, picture, before) {
  try {
    await track.applyConstraints(PICTURES[picture] ?? PICTURES.auto);
    await pictureComes(track);
  } catch (error) {
    await track.applyConstraints(PICTURES[before ?? "auto"] ?? PICTURES.auto).catch(() => {});
    throw error;
  }
}

/** Until a camera gives a picture. Rejects when none comes. @param {MediaStreamTrack} track @returns {Promise<void>} */
export function pictureComes(track) {
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = new MediaStream([track]);
  return new Promise((done, fail) => {
    const late = setTimeout(() => fail(new DOMException("", "TimeoutError")), BLACK);
    video.onloadeddata = () => {
      clearTimeout(late);
      video.srcObject = null;
      done();
    };
    video.play().catch(() => {}); // loading is enough
  });
}

/** A screen or window that the person chooses. Rejects when they choose none. @returns {Promise<MediaStreamTrack>} */
export async function openScreen() {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 10, max: 15 } } });
  const [track] = stream.getVideoTracks();
  track.contentHint = "detail";
  return track;
}

/** Whether this browser, in this frame, can show a screen to others. */
export function canShareScreen() {
  return Boolean(navigator.mediaDevices && "getDisplayMedia" in navigator.mediaDevices) && !isForbidden("display-capture");
}

/** @param {MediaDeviceKind} kind @returns {Promise<MediaDeviceInfo[]>} */
export async function devices(kind) {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return all.filter((device) => device.kind === kind && device.deviceId);
}

/** How loud a microphone is, from 0 to 1, many times a second until it is stopped. */
export class Meter {
  /** @param {MediaStreamTrack} track @param {(level: number) => void} onLevel */
  constructor(track, onLevel) {
    this.context = new AudioContext();
    const listener = this.context.createAnalyser();
    this.context.createMediaStreamSource(new MediaStream([track])).connect(listener);
    const samples = new Float32Array(listener.fftSize);
    this.timer = setInterval(() => {
      listener.getFloatTimeDomainData(samples);
      onLevel(Math.min(1, Math.max(...samples.map(Math.abs))));
    }, 100);
  }

  stop() {
    clearInterval(this.timer);
    void this.context.close();
  }
}

/** @param {string | undefined} picture @param {string | undefined} id */
function pictureOf(picture, id) {
  return { ...(PICTURES[picture ?? "auto"] ?? PICTURES.auto), ...named(id), ...(id ? {} : { facingMode: "user" }) };
}

/** @param {string | undefined} id */
function named(id) {
  return id ? { deviceId: { exact: id } } : {};
}

/** @param {MediaStreamConstraints} constraints @returns {Promise<{ stream?: MediaStream, trouble?: Trouble }>} */
async function attempt(constraints) {
  try {
    const asked = navigator.mediaDevices.getUserMedia(constraints);
    const late = new Promise((_, give) => setTimeout(() => give(new DOMException("", "TimeoutError")), LONGEST));
    return { stream: await Promise.race([asked, /** @type {Promise<never>} */ (late)]) };
  } catch (error) {
    return { trouble: troubleOf(/** @type {DOMException} */ (error)) };
  }
}

/** @type {Record<string, Trouble>} */
const TROUBLES = {
  NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "none", OverconstrainedError: "none", NotReadableError: "busy",
  AbortError: "busy",
};

/** @param {DOMException} error @returns {Trouble} */
function troubleOf({ name, message }) {
  if (name === "NotAllowedError" && isForbidden("camera")) return "forbidden";
  if (name === "NotAllowedError" && /system/i.test(message)) return "system";
  return TROUBLES[name] ?? "failed";
}

/** @param {string} feature whether the page around takes it away */
function isForbidden(feature) {
  const policy = /** @type {any} */ (document).permissionsPolicy ?? /** @type {any} */ (document).featurePolicy;
  return policy?.allowsFeature(feature) === false;
}

/** A look, before it matters, whether a live connection comes about from here, by which way, and what it carries. */

/**
 * @typedef {"works" | "direct" | "relay" | "fails"} Network
 * @typedef {"picture" | "sound" | "writing"} Bandwidth
 */

const PATIENCE = 8_000; // milliseconds until a way counts as closed
const PINGS = 3;
const PIECES = [8_000, 16_000, 48_000]; // characters
const LONG = 300; // milliseconds after which a piece tells enough
/** What each needs: kilobits a second upwards, and milliseconds there and back. @type {[Bandwidth, number, number][]} */
const NEEDS = [["picture", 600, 400], ["sound", 50, 1_200]];

/**
 * @param {import("./connect.js").Connection} live
 * @returns {Promise<{ network: Network, bandwidth: Bandwidth }>} rejects when the server cannot be asked
 */
export async function checkNetwork(live) {
  const network = verdict(await tryWays(await live.request("network")));
  return { network, bandwidth: network === "fails" ? "writing" : bandwidthOf(await measure(live)) };
}

/** @param {RTCConfiguration} ways @returns {Promise<Tried>} */
async function tryWays(ways) {
  const relayed = ways.iceServers?.some(({ urls }) => [urls].flat().some((url) => /^turns?:/.test(url))) ?? false;
  const onlyRelay = ways.iceTransportPolicy === "relay";
  const [direct, relay] = await Promise.all([
    onlyRelay ? undefined : opens({ ...ways, iceTransportPolicy: "all" }),
    relayed ? opens({ ...ways, iceTransportPolicy: "relay" }) : undefined,
  ]);
  return { direct, relay };
}

/**
 * What was not tried is not needed.
 * @typedef {{ direct?: boolean, relay?: boolean }} Tried
 * @param {Tried} tried
 * @returns {Network}
 */
export function verdict({ direct, relay }) {
  if ((direct ?? relay) && relay !== false) return "works";
  if (direct) return "direct";
  return relay ? "relay" : "fails";
}

/** @param {{ rate: number, roundTrip: number }} measured kilobits a second, milliseconds @returns {Bandwidth} */
export function bandwidthOf({ rate, roundTrip }) {
  return NEEDS.find(([, least, longest]) => rate >= least && roundTrip <= longest)?.[0] ?? "writing";
}

/** Whether the page can connect to itself like this. @param {RTCConfiguration} configuration @returns {Promise<boolean>} */
async function opens(configuration) {
  /** @type {RTCPeerConnection[]} */
  const ends = [];
  try {
    const here = new RTCPeerConnection(configuration);
    const there = new RTCPeerConnection(configuration);
    ends.push(here, there);
    return await Promise.race([open(here, there), late()]);
  } catch {
    return false; // the browser has no live connections, or an address of a relay is wrong
  } finally {
    for (const end of ends) end.close();
  }
}

/** @param {RTCPeerConnection} here @param {RTCPeerConnection} there @returns {Promise<boolean>} */
async function open(here, there) {
  const channel = here.createDataChannel("check");
  const opened = new Promise((tell) => (channel.onopen = () => tell(true)));
  pass(here, there);
  pass(there, here);
  await here.setLocalDescription();
  await there.setRemoteDescription(/** @type {RTCSessionDescription} */ (here.localDescription));
  await there.setLocalDescription();
  await here.setRemoteDescription(/** @type {RTCSessionDescription} */ (there.localDescription));
  return opened;
}

/** @param {RTCPeerConnection} from @param {RTCPeerConnection} to */
function pass(from, to) {
  from.onicecandidate = ({ candidate }) => {
    if (candidate && to.signalingState !== "closed") to.addIceCandidate(candidate).catch(() => {});
  };
}

/** With a relay that refuses a browser stays silent for ever. @returns {Promise<boolean>} */
function late() {
  return new Promise((tell) => setTimeout(() => tell(false), PATIENCE));
}

/** How fast the server is reached from here, with bigger pieces as long as they go fast. @param {import("./connect.js").Connection} live */
async function measure(live) {
  const pings = [];
  for (let ping = 0; ping < PINGS; ping++) pings.push(await timed(live, 0));
  const roundTrip = Math.min(...pings);
  let rate = 0;
  for (const size of PIECES) {
    const took = Math.max(1, (await timed(live, size)) - roundTrip);
    rate = (size * 8) / took;
    if (took > LONG) break;
  }
  return { rate, roundTrip };
}

/** @param {import("./connect.js").Connection} live @param {number} size in characters @returns {Promise<number>} milliseconds */
async function timed(live, size) {
  const filler = incompressible(size);
  const begun = performance.now();
  await live.request("probe", { filler });
  return performance.now() - begun;
}

/** @param {number} size */
function incompressible(size) {
  const bytes = crypto.getRandomValues(new Uint8Array(size / 2));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

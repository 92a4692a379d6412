/**
 * Picture and sound from browser to browser: one RTCPeerConnection for each other participant, signalled over the page's
 * live connection. The media goes on while the server restarts; a page that comes back takes the call up again.
 *
 * Of any two participants the one with the lower pid offers first, so that their first offers never meet; later ones
 * are settled by perfect negotiation. Both directions of sound and picture are agreed at once, with or without a
 * device, so that switching one on or off later needs no negotiation.
 */

/**
 * @typedef {object} Media what a participant sends
 * @property {boolean} microphone
 * @property {boolean} camera
 * @property {boolean} screen in place of the camera's picture
 * @property {boolean} picture whether they want to be sent pictures
 *
 * @typedef {object} Other another participant, as a stage shows it
 * @property {string} pid
 * @property {string} name
 * @property {string} role
 * @property {Media} media
 * @property {MediaStream} stream
 * @property {"connecting" | "connected" | "interrupted" | "unreachable"} state
 *
 * @typedef {object} Engine what a stage needs of any way to hold a call
 * @property {(stream: MediaStream) => Promise<void>} join
 * @property {() => void} leave
 * @property {(kind: "audio" | "video", track: MediaStreamTrack | null) => Promise<void>} send
 * @property {(media: Media) => void} tell what is sent now, and whether pictures are wanted
 * @property {(level: Level) => void} limit how much of the picture is sent to everybody
 * @property {() => Promise<Quality | null>} quality
 *
 * @typedef {"good" | "weak" | "bad"} Quality
 * @typedef {"full" | "reduced" | "low"} Level
 * @typedef {{ type: RTCSdpType, sdp: string, offer: string }} Description `offer` names the offer it is, or answers
 */

const GATHER = 40; // milliseconds in which found ways become one word
const PATIENCE = 12_000; // until a connection that does not come about is called unreachable
const INTERRUPTED = 3_000; // until an interrupted one is helped
const LONGEST = 8_000; // between two helps
const FULL_FOR = 2; // others who are sent a picture of full size
/** Of the picture: bits a second, and by how much its sides are made smaller. @type {Record<Level, { maxBitrate: number, scale: number }>} */
const LEVELS = {
  full: { maxBitrate: 2_500_000, scale: 1 },
  reduced: { maxBitrate: 300_000, scale: 2 },
  low: { maxBitrate: 100_000, scale: 4 },
};

/**
 * @param {object} options
 * @param {import("./connect.js").Connection} options.live
 * @param {object} [options.seat] what the server needs beside, to know which call is meant
 * @param {(others: Other[]) => void} options.onOthers somebody came, went, or changed
 * @param {() => void} options.onElsewhere the same person has come with another page: this one has left
 * @returns {Engine & { others: Other[] }}
 */
export function peerToPeer(options) {
  return new PeerToPeer(options);
}

/** @implements {Engine} */
class PeerToPeer {
  /** @type {Map<string, Peer>} */
  #peers = new Map();
  /** @type {MediaStream} */
  #stream = new MediaStream();
  /** @type {Media} */
  #media = { microphone: false, camera: false, screen: false, picture: true };
  /** @type {Level} */
  #level = "full";
  /** @type {(() => void) | undefined} */
  #unfollow;
  #joined = false;
  /** Names this part in the call, so that the others know a reload, or a second coming, from a lost connection. */
  #page = chance();
  pid = "";
  /** @type {RTCConfiguration} */
  configuration = {};

  /** @param {any} options */
  constructor({ live, seat = {}, onOthers, onElsewhere }) {
    this.live = live;
    this.seat = seat;
    this.onOthers = onOthers;
    this.onElsewhere = onElsewhere;
    live.on("call_joined", (/** @type {any} */ told) => this.#came(told, true));
    live.on("call_signal", (/** @type {any} */ told) => void this.#heard(told));
    live.on("call_media", (/** @type {any} */ told) => this.#mediaOf(told));
    live.on("call_away", (/** @type {any} */ told) => this.#gone(told));
    live.on("call_removed", (/** @type {any} */ { pid }) => this.#removed(pid));
  }

  get others() {
    return [...this.#peers.values()].map((peer) => peer.shown);
  }

  /** @param {MediaStream} stream what is sent from the start */
  async join(stream) {
    this.#stream = stream;
    this.#media = { ...this.#media, ...sends(stream) };
    this.#joined = true;
    this.#unfollow ??= this.live.follow(this);
  }

  /** After every connect: here we are again. */
  async catchUp() {
    if (!this.#joined) return;
    const { pid, ...ways } = await this.live.request("call_join", { ...this.seat, page: this.#page, media: this.#media });
    this.pid = pid;
    this.configuration = ways;
    for (const peer of this.#peers.values()) peer.sayAgain();
  }

  leave() {
    this.#joined = false;
    this.#unfollow?.();
    this.#unfollow = undefined;
    for (const pid of [...this.#peers.keys()]) this.drop(pid);
  }

  /** @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
  async send(kind, track) {
    for (const old of this.#stream.getTracks()) if (old.kind === kind && old !== track) this.#stream.removeTrack(old);
    if (track && !this.#stream.getTracks().includes(track)) this.#stream.addTrack(track);
    await Promise.all([...this.#peers.values()].map((peer) => peer.send(kind, track)));
  }

  /** @param {Media} media */
  tell(media) {
    this.#media = media;
    this.say("call_media", { media });
    this.#measureOut();
  }

  /** @param {Level} level */
  limit(level) {
    if (level === this.#level) return;
    this.#level = level;
    this.#measureOut();
  }

  #measureOut() {
    for (const peer of this.#peers.values()) peer.measureOut();
  }

  /** How much of the picture is sent to each. A screen stays as sharp as it is, since words are read on it. */
  get measure() {
    const { maxBitrate, scale } = LEVELS[this.#level];
    const each = Math.max(1, this.#peers.size);
    const small = each > FULL_FOR ? 2 : 1; // shown small, and drawn anew for everybody
    return { maxBitrate: Math.round(maxBitrate / each), scaleResolutionDownBy: this.#media.screen ? 1 : scale * small };
  }

  /** @returns {Promise<Quality | null>} the worst of all connections */
  async quality() {
    const all = await Promise.all([...this.#peers.values()].map((peer) => peer.quality()));
    return ["bad", "weak", "good"].find((found) => all.includes(/** @type {Quality} */ (found))) ?? /** @type {any} */ (null);
  }

  /** What is lost on the way is said again after the next connect. @param {string} event @param {object} word */
  say(event, word) {
    if (!this.#joined) return;
    this.live.request(event, { ...this.seat, page: this.#page, ...word }).catch(() => {});
  }

  changed() {
    this.onOthers(this.others);
  }

  /** Fresh passwords for the relays. */
  async refresh() {
    await this.catchUp();
    return this.configuration;
  }

  /** Somebody is there: the lower pid begins. @param {any} told @param {boolean} answer whether they know of us */
  #came({ pid, name, role, page, media }, answer) {
    if (!this.#joined || !this.pid) return;
    if (pid === this.pid) {
      this.#yield(page);
      return;
    }
    const known = this.#peers.get(pid);
    if (known && known.page !== page) this.drop(pid);
    const peer = this.#peers.get(pid) ?? this.#meet({ pid, name, role, page, media });
    peer.shown.media = media;
    peer.away = false;
    if (answer) this.say("call_signal", { to: pid, here: this.#media });
    if (this.pid < pid) peer.begin();
    peer.sayAgain();
    this.changed();
  }

  /** Of two pages of one person the later one has the call. @param {string} page */
  #yield(page) {
    if (page === this.#page) return;
    this.leave();
    this.onElsewhere();
  }

  /** @param {any} someone */
  #meet(someone) {
    const peer = new Peer(this, someone, this.#stream);
    this.#peers.set(someone.pid, peer);
    this.#measureOut();
    return peer;
  }

  /** @param {any} told */
  async #heard(told) {
    if (told.to !== this.pid || !this.#joined) return;
    await this.#whoSays(told)?.hear(told);
  }

  /** A word may come before, or instead of, the news that somebody came. @param {any} told */
  #whoSays({ from, here, ...told }) {
    const known = this.#peers.get(from);
    const media = here ?? known?.shown.media ?? { microphone: true, camera: true, screen: false, picture: true };
    if (here || known?.page !== told.page) this.#came({ ...told, pid: from, media }, false);
    return this.#peers.get(from);
  }

  /** @param {any} told */
  #mediaOf({ from, media }) {
    const peer = this.#peers.get(from);
    if (!peer) return;
    peer.shown.media = media;
    peer.measureOut();
    this.changed();
  }

  /** The socket of a page has gone, and its media may well go on; or the person has. @param {any} told */
  #gone({ from, page, left }) {
    const peer = this.#peers.get(from);
    if (!peer || peer.page !== page) return;
    if (peer.alive && !left) peer.away = true;
    else this.drop(from);
  }

  /** Somebody was taken out, whether or not their page has let go itself. @param {string} pid */
  #removed(pid) {
    if (this.#peers.has(pid)) this.drop(pid);
  }

  /** @param {string} pid */
  drop(pid) {
    this.#peers.get(pid)?.close();
    this.#peers.delete(pid);
    this.#measureOut();
    this.changed();
  }
}

/** The connection to one other participant. What is agreed with them is agreed one step after the other. */
class Peer {
  #turn = Promise.resolve();
  #ignoring = false;
  #begun = false;
  #offered = ""; // the name of our last offer: only an answer to that one is of use
  #asked = ""; // and of the other's
  #helps = 0;
  /** @type {RTCIceCandidateInit[]} */
  #found = [];
  /** @type {RTCIceCandidateInit[]} theirs, before their description */
  #early = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #telling;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watch;
  /** @type {Traffic | undefined} */
  #before;
  away = false; // its socket is gone: once the media goes too, so has the person

  /** @param {PeerToPeer} call @param {any} someone @param {MediaStream} stream */
  constructor(call, { pid, name, role, page, media }, stream) {
    this.call = call;
    this.page = page;
    this.stream = stream;
    /** @type {Other} */
    this.shown = { pid, name, role, media, stream: new MediaStream(), state: "connecting" };
    this.connection = new RTCPeerConnection(call.configuration);
    this.connection.ontrack = ({ track }) => this.#arrives(track);
    this.connection.onicecandidate = ({ candidate }) => candidate && this.#find(candidate);
    this.connection.onnegotiationneeded = () => void this.#inTurn(() => this.#offer());
    this.connection.oniceconnectionstatechange = () => this.#stateChanged();
    this.#watch = setTimeout(() => this.#unreachable(), PATIENCE);
  }

  get alive() {
    return ["connected", "completed"].includes(this.connection.iceConnectionState);
  }

  /** Offers what there is, and takes as much. */
  begin() {
    if (this.#begun) return;
    this.#begun = true;
    for (const kind of ["audio", "video"]) {
      this.connection.addTransceiver(trackOf(this.stream, kind) ?? kind, { direction: "sendrecv", streams: [this.stream] });
    }
  }

  /** @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
  async send(kind, track) {
    await this.#transceiver(kind)?.sender.replaceTrack(track);
  }

  /** Sends as much picture as is meant now, and none to somebody who does not want one. */
  measureOut() {
    return this.#inTurn(async () => {
      const sender = this.#transceiver("video")?.sender;
      const parameters = sender?.getParameters();
      if (!sender || !parameters?.encodings?.length) return;
      Object.assign(parameters.encodings[0], this.call.measure, { active: this.shown.media.picture });
      await sender.setParameters(parameters).catch(() => {}); // what a browser cannot limit, it sends whole
    });
  }

  /** A description that was lost while the server was away. */
  sayAgain() {
    if (this.connection.signalingState === "have-local-offer") this.#describe();
    if (["failed", "disconnected"].includes(this.connection.iceConnectionState)) this.connection.restartIce();
  }

  /** @param {{ description?: Description, candidates?: RTCIceCandidateInit[] }} told */
  hear({ description, candidates = [] }) {
    return this.#inTurn(async () => {
      if (description) await this.#take(description);
      for (const candidate of candidates) await this.#add(candidate);
    });
  }

  /** @param {() => Promise<void>} step */
  #inTurn(step) {
    const done = this.#turn.then(() => (this.connection.signalingState === "closed" ? undefined : step()));
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Where two offers met, the polite one takes its own back. @param {Description} description */
  async #take({ type, sdp, offer }) {
    const offering = this.connection.signalingState === "have-local-offer";
    if (type === "answer") {
      if (!offering || offer !== this.#offered) return;
      await this.connection.setRemoteDescription({ type, sdp });
      await this.#addEarly(sdp);
      return;
    }
    this.#ignoring = offering && this.call.pid < this.shown.pid;
    if (this.#ignoring) return;
    this.#asked = offer;
    await this.connection.setRemoteDescription({ type, sdp });
    await this.#addEarly(sdp);
    await this.#answer();
  }

  /** What came before the description, as far as it belongs to it: the rest is of an earlier connection. @param {string} sdp */
  async #addEarly(sdp) {
    for (const candidate of this.#early.splice(0)) {
      if (sdp.includes(`a=ice-ufrag:${candidate.usernameFragment}`)) await this.#add(candidate);
    }
  }

  /** @param {RTCIceCandidateInit} candidate */
  async #add(candidate) {
    if (!this.connection.remoteDescription) {
      this.#early.push(candidate);
      return;
    }
    try {
      await this.connection.addIceCandidate(candidate);
    } catch (error) {
      if (!this.#ignoring && this.connection.signalingState !== "closed") throw error;
    }
  }

  close() {
    clearTimeout(this.#watch);
    clearTimeout(this.#telling);
    this.connection.close();
  }

  /** @returns {Promise<Quality | null>} of what was sent and arrived since it was last asked */
  async quality() {
    if (!this.alive) return this.shown.state === "connecting" ? null : "bad";
    const now = await traffic(this.connection);
    const before = this.#before ?? now;
    this.#before = now;
    const share = Math.max(shareLost(now.arriving, before.arriving), shareLost(now.leaving, before.leaving));
    if (share > 0.1 || now.roundTrip > 0.8) return "bad";
    return share > 0.03 || now.roundTrip > 0.35 ? "weak" : "good";
  }

  async #answer() {
    this.#begun = true;
    for (const transceiver of this.connection.getTransceivers()) {
      transceiver.direction = "sendrecv";
      transceiver.sender.setStreams?.(this.stream);
      const track = trackOf(this.stream, transceiver.receiver.track.kind);
      if (transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track);
    }
    await this.connection.setLocalDescription();
    this.#describe();
  }

  async #offer() {
    if (this.connection.signalingState !== "stable") return; // the browser asks again once it is
    this.#offered = chance();
    await this.connection.setLocalDescription();
    this.#describe();
  }

  #describe() {
    const { type, sdp } = /** @type {RTCSessionDescription} */ (this.connection.localDescription);
    this.#say({ description: { type, sdp, offer: type === "offer" ? this.#offered : this.#asked } });
  }

  /** @param {object} word */
  #say(word) {
    this.call.say("call_signal", { to: this.shown.pid, ...word });
  }

  /** Candidates come in swarms; the server takes a handful at once. @param {RTCIceCandidate} candidate */
  #find(candidate) {
    const { candidate: line, sdpMid, sdpMLineIndex, usernameFragment } = candidate.toJSON();
    this.#found.push({ candidate: line, sdpMid, sdpMLineIndex, usernameFragment });
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined;
      for (let found = this.#found.splice(0, 20); found.length; found = this.#found.splice(0, 20)) this.#say({ candidates: found });
    }, GATHER);
  }

  /** @param {MediaStreamTrack} track */
  #arrives(track) {
    for (const old of this.shown.stream.getTracks()) if (old.kind === track.kind) this.shown.stream.removeTrack(old);
    this.shown.stream.addTrack(track);
    this.call.changed();
  }

  /** @param {string} kind */
  #transceiver(kind) {
    return this.connection.getTransceivers().find(({ receiver }) => receiver.track.kind === kind);
  }

  #stateChanged() {
    const state = this.connection.iceConnectionState;
    clearTimeout(this.#watch);
    if (this.away && ["disconnected", "failed"].includes(state)) {
      this.call.drop(this.shown.pid);
      return;
    }
    if (this.alive) {
      this.#helps = 0;
      void this.measureOut();
    }
    if (this.alive) this.shown.state = "connected";
    else if (state === "failed") this.shown.state = "unreachable";
    else if (state === "disconnected") this.shown.state = "interrupted";
    if (state === "failed") void this.#help();
    else if (state === "disconnected") this.#watch = setTimeout(() => void this.#help(), INTERRUPTED);
    else if (!this.alive) this.#watch = setTimeout(() => this.#unreachable(), PATIENCE);
    this.call.changed();
  }

  /** With relays only and a refused password, a browser stays silent for ever. */
  #unreachable() {
    if (this.alive) return;
    this.shown.state = "unreachable";
    this.call.changed();
    void this.#help();
  }

  /** Look for a way anew, with fresh passwords, again and again, until one is found. */
  async #help() {
    if (this.alive || this.connection.signalingState === "closed") return;
    try {
      this.connection.setConfiguration(await this.call.refresh());
    } catch {
      // the server is away: the passwords may still do
    }
    if (this.#begun) this.connection.restartIce();
    this.#watch = setTimeout(() => void this.#help(), Math.min(LONGEST, 2_000 * ++this.#helps));
  }
}

/** A name nobody else has. */
function chance() {
  return crypto.getRandomValues(new Uint32Array(2)).reduce((name, part) => name + part.toString(36), "");
}

/** @param {MediaStream} stream @param {string} kind @returns {MediaStreamTrack | null} */
function trackOf(stream, kind) {
  return stream.getTracks().find((track) => track.kind === kind) ?? null;
}

/** @param {MediaStream} stream */
function sends(stream) {
  return {
    microphone: stream.getAudioTracks().some((track) => track.enabled),
    camera: stream.getVideoTracks().some((track) => track.enabled),
  };
}

/**
 * @typedef {{ lost: number, got: number }} Packets
 * @typedef {{ arriving: Packets, leaving: Packets, roundTrip: number }} Traffic
 */

/** The packets so far in both directions, and the seconds there and back. @param {RTCPeerConnection} connection @returns {Promise<Traffic>} */
async function traffic(connection) {
  const sum = { arriving: { lost: 0, got: 0 }, leaving: { lost: 0, got: 0 }, roundTrip: 0 };
  for (const report of (await connection.getStats()).values()) {
    if (report.type === "inbound-rtp") count(sum.arriving, report.packetsLost, report.packetsReceived);
    else if (report.type === "outbound-rtp") count(sum.leaving, 0, report.packetsSent);
    else if (report.type === "remote-inbound-rtp") count(sum.leaving, report.packetsLost, -report.packetsLost);
    else if (report.type === "candidate-pair" && report.nominated) sum.roundTrip = Math.max(sum.roundTrip, report.currentRoundTripTime ?? 0);
  }
  return sum;
}

/** @param {Packets} packets @param {number} [lost] @param {number} [got] */
function count(packets, lost = 0, got = 0) {
  packets.lost += lost;
  packets.got += got;
}

/** @param {Packets} now @param {Packets} before @returns {number} between 0 and 1 */
function shareLost(now, before) {
  const lost = Math.max(0, now.lost - before.lost);
  return Math.min(1, lost / Math.max(1, lost + now.got - before.got));
}

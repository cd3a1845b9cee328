// graphql-transport-ws with raw frames: every close code of the protocol is provoked, and what must not close does not.

import { request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import WebSocket from "ws";

export const FRAMES = "raw frames of graphql-transport-ws";

const HEARD_MS_MAX = 15_000;

/** One socket, and everything that it has said. */
class Raw {
  #heard = [];
  #waiting = [];
  closed;

  constructor(world, { protocols = ["graphql-transport-ws"], ...options } = {}) {
    this.socket = new WebSocket(world.run.websocket_url, protocols, options);
    this.socket.on("message", (data) => this.#hear(JSON.parse(data.toString())));
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.on("open", resolve);
      this.socket.on("unexpected-response", (_, response) => reject(new Error(`HTTP ${response.statusCode}`)));
    });
  }

  #hear(message) {
    const next = this.#waiting.shift();
    if (next) next(message);
    else this.#heard.push(message);
  }

  /** The next message of the server. */
  next() {
    const heard = this.#heard.shift();
    if (heard) return heard;
    return within(new Promise((resolve) => this.#waiting.push(resolve)), "nothing was said");
  }

  send(message) {
    this.socket.send(typeof message === "string" || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** Opened and let in. */
  static async open(world, number = 0) {
    const raw = new Raw(world);
    await raw.opened;
    raw.send({ type: "connection_init", payload: { authorization: `Bearer ${await world.token(number)}` } });
    equal(await raw.next(), { type: "connection_ack" });
    return raw;
  }

  async end() {
    this.socket.close(1000);
    await within(this.closed, "it was not closed");
  }
}

function within(promise, what) {
  const late = wait(HEARD_MS_MAX, undefined, { ref: false }).then(() => {
    throw new Error(what);
  });
  return Promise.race([promise, late]);
}

function equal(found, expected) {
  if (isDeepStrictEqual(found, expected)) return;
  throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(expected)}`);
}

/** Waits for the close, and for its code; the reason fits a frame. */
async function closes(raw, code) {
  const { code: found, reason } = await within(raw.closed, "it was not closed");
  if (found !== code) throw new Error(`closed with ${found} (${reason})`);
  if (Buffer.byteLength(reason) > 123) throw new Error(`a reason of ${Buffer.byteLength(reason)} bytes`);
}

async function refusedAtOnce(world, options, status) {
  const raw = new Raw(world, options);
  const refused = await raw.opened.then(
    () => "it was opened",
    (error) => error.message,
  );
  if (refused !== `HTTP ${status}`) throw new Error(refused);
}

/** Without a WebSocket library, which gives up by itself when its subprotocol is not taken. */
async function anotherSubprotocol(world) {
  const headers = {
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-protocol": "graphql-ws",
  };
  const frame = new Promise((resolve, reject) => {
    const asked = request(`${world.run.url}/graphql`, { headers });
    asked.on("upgrade", (response, socket, head) => {
      const parts = [head];
      socket.on("data", (part) => parts.push(part));
      socket.on("close", () => resolve({ response, frame: Buffer.concat(parts) }));
      socket.on("error", reject);
    });
    asked.on("response", (response) => reject(new Error(`HTTP ${response.statusCode}`)));
    asked.on("error", reject);
    asked.end();
  });
  const { response, frame: heard } = await within(frame, "it was not closed");
  equal([response.headers["sec-websocket-protocol"], heard[0], heard.readUInt16BE(2)], [undefined, 0x88, 4406]);
}

/** A socket that was only opened. */
async function waiting(world) {
  const raw = new Raw(world);
  await raw.opened;
  return raw;
}

const SUBSCRIBE = { id: "1", type: "subscribe", payload: { query: "{ __typename }" } };
const UPDATES = 'subscription { analysisRequestUpdates(requestId: "AAAA") { id } }';

/** What is sent to an open socket, and the code that it closes with. */
const CLOSING = [
  ["not JSON", "{", 4400],
  ["not an object", "[]", 4400],
  ["no type", "{}", 4400],
  ["an unknown type", { type: "begin" }, 4400],
  ["a word of the server", { type: "connection_ack" }, 4400],
  ["a key twice", '{"type":"ping","type":"pong"}', 4400],
  ["a lone surrogate", '{"type":"ping","payload":{"a":"\\ud800"}}', 4400],
  ["a payload of another type", { type: "ping", payload: "a" }, 4400],
  ["subscribe without an id", { type: "subscribe", payload: { query: "{ __typename }" } }, 4400],
  ["subscribe with an empty id", { ...SUBSCRIBE, id: "" }, 4400],
  ["subscribe with a number for an id", { ...SUBSCRIBE, id: 1 }, 4400],
  ["subscribe without a payload", { id: "1", type: "subscribe" }, 4400],
  ["subscribe without a query", { id: "1", type: "subscribe", payload: {} }, 4400],
  ["variables of another type", { ...SUBSCRIBE, payload: { query: "{ __typename }", variables: [] } }, 4400],
  ["complete without an id", { type: "complete" }, 4400],
  ["deep JSON", `{"type":"ping","payload":{"a":${"[".repeat(100)}${"]".repeat(100)}}}`, 4400],
  ["bytes that are no text", Buffer.from([1, 2, 3]), 4400],
  ["a second connection_init", { type: "connection_init", payload: {} }, 4429],
  ["a frame past 32 KiB", `{"type":"ping","payload":{"a":"${"x".repeat(33_000)}"}}`, 1009],
];

/** First messages, and the code that the socket closes with. */
const FIRST = [
  ["subscribe before connection_init", SUBSCRIBE, 4401],
  ["no credentials", { type: "connection_init" }, 4403],
  ["credentials of another form", { type: "connection_init", payload: { authorization: 1 } }, 4403],
  ["a forged token", { type: "connection_init", payload: { authorization: "Bearer a.b.c" } }, 4403],
  ["not JSON", "hello", 4400],
];

const CHECKS = [
  ["4406", "another subprotocol", (world) => anotherSubprotocol(world)],
  ["4406", "no subprotocol", async (world) => closes(new Raw(world, { protocols: [] }), 4406)],
  ["403", "a page of another origin", (world) => refusedAtOnce(world, { origin: "https://evil.example" }, 403)],
  ["4408", "no connection_init in time", async (world) => closes(await waiting(world), 4408)],
  [
    "4429",
    "two connection_init at once",
    async (world) => {
      const [raw, token] = [await waiting(world), await world.token(0)];
      const init = { type: "connection_init", payload: { authorization: `Bearer ${token}` } };
      raw.send(init);
      raw.send(init);
      await closes(raw, 4429);
    },
  ],
  [
    "4409",
    "an id that is in use",
    async (world) => {
      const raw = await Raw.open(world);
      const id = await question(world);
      const query = "subscription ($id: ID!) { analysisRequestUpdates(requestId: $id) { id } }";
      const subscribe = { id: "same", type: "subscribe", payload: { query, variables: { id } } };
      raw.send(subscribe);
      raw.send(subscribe);
      await closes(raw, 4409);
    },
  ],
  [
    "1013",
    "more sockets of one user than five",
    async (world) => {
      const raws = [];
      for (let count = 0; count < 5; count += 1) raws.push(await Raw.open(world, 1));
      const [sixth, token] = [await waiting(world), await world.token(1)];
      sixth.send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
      await closes(sixth, 1013);
      await Promise.all(raws.map((raw) => raw.end()));
    },
  ],
  [
    "1013",
    "more pings than 20 in a second",
    async (world) => {
      const raw = await Raw.open(world);
      for (let count = 0; count < 21; count += 1) raw.send({ type: "ping" });
      await closes(raw, 1013);
    },
  ],
  [
    "stays",
    "ping is answered before and after connection_init, with its payload; pong is heard in silence",
    async (world) => {
      const raw = await waiting(world);
      raw.send({ type: "ping" });
      equal(await raw.next(), { type: "pong" });
      raw.send({ type: "pong" });
      raw.send({ type: "connection_init", payload: { Authorization: `bearer ${await world.token(0)}` } });
      equal(await raw.next(), { type: "connection_ack" });
      raw.send({ type: "ping", payload: { a: [1] } });
      equal(await raw.next(), { type: "pong", payload: { a: [1] } });
      await raw.end();
    },
  ],
  [
    "stays",
    "a query gives next and complete; its id may be used again",
    async (world) => {
      const raw = await Raw.open(world);
      for (let round = 0; round < 2; round += 1) {
        raw.send(SUBSCRIBE);
        const next = await raw.next();
        equal([next.type, next.id, next.payload.data], ["next", "1", { __typename: "Query" }]);
        equal(await raw.next(), { id: "1", type: "complete" });
      }
      await raw.end();
    },
  ],
  [
    "stays",
    "what is no document is an error message with its code, and ends its operation alone",
    async (world) => {
      const raw = await Raw.open(world);
      for (const [query, code] of [
        ["{", "GRAPHQL_PARSE_FAILED"],
        ["{ nothing }", "GRAPHQL_VALIDATION_FAILED"],
        ["subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"],
        ["query ($id: ID!) { node(id: $id) { id } }", "BAD_USER_INPUT"],
        [UPDATES, "NOT_FOUND"],
      ]) {
        raw.send({ id: "1", type: "subscribe", payload: { query } });
        const { id, type, payload } = await raw.next();
        equal([id, type, payload[0].extensions.code], ["1", "error", code]);
      }
      raw.send(SUBSCRIBE);
      equal((await raw.next()).type, "next");
      await raw.end();
    },
  ],
  [
    "stays",
    "complete is heard without echo, for ids that are not there too",
    async (world) => {
      const raw = await Raw.open(world);
      raw.send({ id: "nothing", type: "complete" });
      raw.send({ id: "1", type: "complete" });
      raw.send({ type: "ping" });
      equal(await raw.next(), { type: "pong" });
      await raw.end();
    },
  ],
];

export const FRAMES_COUNT = CLOSING.length + FIRST.length + CHECKS.length;

export async function provoke(world, table) {
  table.section(FRAMES);
  for (const [what, message, code] of FIRST) {
    await table.check(String(code), `first: ${what}`, async () => {
      const raw = await waiting(world);
      raw.send(message);
      await closes(raw, code);
    });
  }
  for (const [what, message, code] of CLOSING) {
    await table.check(String(code), what, async () => {
      const raw = await Raw.open(world);
      raw.send(message);
      await closes(raw, code);
    });
  }
  for (const [code, what, check] of CHECKS) {
    await table.check(code, what, () => check(world));
  }
}

/** A question that was just asked. */
async function question(world) {
  const submit =
    "mutation ($input: SubmitAnalysisRequestInput!) { submitAnalysisRequest(input: $input) { analysisRequest { id } } }";
  const { data } = await world.ask(submit, { input: { prompt: "What were net sales?" } }, await world.token(0));
  return data.submitAnalysisRequest.analysisRequest.id;
}

// Subscriptions as the official graphql-ws client sees them.

import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

export const CLIENT = "the graphql-ws client";
export const CLIENT_COUNT = 5;

const WATCH =
  "subscription ($id: ID!) { analysisRequestUpdates(requestId: $id) { status progress result { summary } } }";
const SUBMIT =
  "mutation ($input: SubmitAnalysisRequestInput!) { submitAnalysisRequest(input: $input) { analysisRequest { id } } }";
const STATUSES = ["PENDING", "PROCESSING", "COMPLETED"];
const QUESTION = "What were net sales by month?";

export async function watch(world, table, guide) {
  table.section(CLIENT);
  await table.check("client", "a real analysis is seen from PENDING to COMPLETED, and then the end", () => whole(world));
  await table.check("client", "a query and a mutation are answered over the socket too", () => others(world));
  await table.check("client", "what is another merchant's is an error, not a subscription", () => foreign(world));
  await table.check("client", "the example of docs/api.md shows an analysis to its end", () => example(world, guide));
  await table.check("client", "after the server was killed it reconnects and sees the present state", () => killed(world));
}

function client(world, token, on = {}) {
  return createClient({
    url: world.run.websocket_url,
    webSocketImpl: WebSocket,
    connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
    lazy: true,
    retryAttempts: 600,
    shouldRetry: () => true,
    retryWait: () => wait(100),
    on,
  });
}

async function submit(socket) {
  const { data } = await once(socket, SUBMIT, { input: { prompt: QUESTION } });
  return data.submitAnalysisRequest.analysisRequest.id;
}

async function ask(world, token) {
  const { data } = await world.ask(SUBMIT, { input: { prompt: QUESTION } }, token);
  return data.submitAnalysisRequest.analysisRequest.id;
}

async function once(socket, query, variables) {
  for await (const result of socket.iterate({ query, variables })) return result;
  throw new Error("it ended without an answer");
}

/** Every state that is told of a question until it has ended. */
async function states(socket, id, each = () => {}) {
  const seen = [];
  for await (const { data, errors } of socket.iterate({ query: WATCH, variables: { id } })) {
    if (errors) throw new Error(JSON.stringify(errors));
    seen.push(data.analysisRequestUpdates);
    each(data.analysisRequestUpdates);
  }
  return seen;
}

async function whole(world) {
  const socket = client(world, () => world.token(0));
  // A first turn may come before the subscription: so many questions are asked at once that the last one waits for its.
  for (let crowd = 40; crowd <= 640; crowd *= 2) {
    const ids = await Promise.all(Array.from({ length: crowd }, () => world.token(0).then((token) => ask(world, token))));
    const seen = await states(socket, ids.at(-1));
    inOrder(seen);
    if (seen[0].status === "PENDING") {
      await socket.dispose();
      return;
    }
  }
  throw new Error("no question was seen PENDING");
}

function inOrder(seen) {
  const order = seen.map(({ status }) => STATUSES.indexOf(status));
  const forwards = order.every((place, at) => place >= 0 && (at === 0 || place >= order[at - 1]));
  const progress = seen.every((state, at) => at === 0 || state.progress >= seen[at - 1].progress);
  const last = seen.at(-1);
  if (!forwards || !progress) throw new Error(`not in order: ${JSON.stringify(seen)}`);
  if (last?.status !== "COMPLETED" || !last.result?.summary) throw new Error(`ended with ${JSON.stringify(last)}`);
}

async function others(world) {
  const socket = client(world, () => world.token(0));
  const { data } = await once(socket, "{ me { email } }");
  if (data.me.email !== world.run.merchants[0].email) throw new Error(JSON.stringify(data));
  if (typeof (await submit(socket)) !== "string") throw new Error("no id");
  await socket.dispose();
}

async function foreign(world) {
  const [alices, bobs] = [client(world, () => world.token(0)), client(world, () => world.token(1))];
  const id = await submit(alices);
  try {
    const seen = await states(bobs, id);
    throw new Error(`it was shown: ${JSON.stringify(seen)}`);
  } catch (errors) {
    const code = errors?.[0]?.extensions?.code;
    if (code !== "NOT_FOUND") throw errors;
  } finally {
    await Promise.all([alices.dispose(), bobs.dispose()]);
  }
}

/** Runs the page's own program, beside this one so that it finds the same packages. */
async function example(world, guide) {
  const page = await readFile(guide, "utf8");
  const program = /```js\n([^]*?)```/.exec(page)?.[1];
  if (!program) throw new Error("there is no example");
  const file = new URL("example.mjs", import.meta.url);
  await writeFile(file, program);
  const token = await world.token(0);
  const env = { ...process.env, URL: world.run.url, TOKEN: token, REQUEST: await ask(world, token) };
  const child = spawn(process.execPath, [file.pathname], { env, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (text) => (said += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0 || !said.includes("status: 'COMPLETED'")) throw new Error(`it ended with ${code}: ${said}`);
}

async function killed(world) {
  let connections = 0;
  const token = await world.token(0);
  const socket = client(world, () => token, { connected: () => (connections += 1) });
  const id = await submit(socket);
  let restarted;
  const seen = await states(socket, id, () => (restarted ??= world.kill().then(() => world.up())));
  await restarted;
  inOrder(seen);
  if (connections < 2) throw new Error(`it was connected ${connections} times`);
  await socket.dispose();
}

// Starts `alatar up`, lets the official audits and clients at it, prints what they found, stops it. The arguments are
// the program, a store folder, the schema and the guide.

import { RULES, RULES_COUNT, compare } from "./documents.mjs";
import { AUDITS, AUDITS_COUNT, audit } from "./http.mjs";
import { FRAMES, FRAMES_COUNT, provoke } from "./frames.mjs";
import { CLIENT, CLIENT_COUNT, watch } from "./subscriptions.mjs";
import { Table } from "./table.mjs";
import { World } from "./world.mjs";

const [program, data, sdl, guide] = process.argv.slice(2);
const table = new Table();
const world = await World.start(program, data);
let stopping;
const stop = () => (stopping ??= world.stop());
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => stop().finally(() => process.exit(130)));
}
try {
  await audit(world, table);
  await compare(world, table, sdl);
  await provoke(world, table);
  await watch(world, table, guide);
} finally {
  await stop();
}
// Sockets of checks that failed would keep the process.
setTimeout(() => process.exit(), 5_000).unref();
process.exitCode = table.end({ [AUDITS]: AUDITS_COUNT, [RULES]: RULES_COUNT, [FRAMES]: FRAMES_COUNT, [CLIENT]: CLIENT_COUNT }) ? 0 : 1;

// `alatar up` as a process: in a home of its own, on one port across restarts, gone when told to.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const UP_MS_MAX = 180_000;

export class World {
  #program;
  #data;
  #home;
  #port;
  #child;

  static async start(program, data) {
    const world = new World();
    world.#program = program;
    world.#data = data;
    world.#home = await mkdtemp(join(tmpdir(), "alatar-conformance-"));
    world.#port = await freePort();
    try {
      await world.up();
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  /** What run.json says: URLs and merchants. */
  run;

  async up() {
    const words = ["up", "--port", String(this.#port), "--data", this.#data];
    const { DATABASE_URL, SHOPIFY_API_BASE, ...env } = process.env;
    const child = spawn(this.#program, words, {
      cwd: this.#home,
      env: { ...env, ALATAR_HOME: this.#home, ALATAR_ENV: "local", ALATAR_RATE_LIMITS: "off", RUST_LOG: "warn" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (text) => (said = (said + text).slice(-4_000)));
    child.gone = new Promise((resolve) => child.once("close", resolve));
    this.#child = child;
    const end = Date.now() + UP_MS_MAX;
    for (;;) {
      const run = await readFile(join(this.#home, "run.json"), "utf8").then(JSON.parse, () => undefined);
      if (run?.pid === child.pid) {
        this.run = run;
        return;
      }
      if (child.exitCode !== null) throw new Error(`alatar up ended with ${child.exitCode}:\n${said}`);
      if (Date.now() > end) throw new Error(`alatar up did not come up:\n${said}`);
      await wait(50);
    }
  }

  /** Ends the process in order; it finishes what it has begun. */
  async down() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGTERM");
    const code = await Promise.race([this.#child.gone, wait(60_000, "late", { ref: false })]);
    if (code === "late") {
      this.#child.kill("SIGKILL");
      await this.#child.gone;
      throw new Error("alatar up did not stop within a minute");
    }
    if (code !== 0) throw new Error(`alatar up ended with ${code}`);
  }

  /** Ends the process at once, in the middle of everything. */
  async kill() {
    this.#child.kill("SIGKILL");
    await this.#child.gone;
  }

  /** Ends everything and leaves nothing behind. */
  async stop() {
    try {
      await this.down();
    } finally {
      await rm(this.#home, { recursive: true, force: true });
    }
  }

  /** One operation by POST; the body of its answer. */
  async ask(query, variables, token) {
    const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
    if (token) headers.authorization = `Bearer ${token}`;
    const body = JSON.stringify({ query, variables });
    const response = await fetch(`${this.run.url}/graphql`, { method: "POST", headers, body });
    return response.json();
  }

  #tokens = [];

  /** An access token of the merchant of that number. */
  token(number) {
    return (this.#tokens[number] ??= this.#logIn(number));
  }

  async #logIn(number) {
    const { email, password } = this.run.merchants[number];
    const login = "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }";
    const { data } = await this.ask(login, { input: { email, password } });
    return data.login.accessToken;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

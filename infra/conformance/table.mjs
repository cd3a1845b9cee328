// What was found, a line each, in sections that are counted by themselves.

export class Table {
  #sections = [];

  section(name) {
    this.#sections.push({ name, passed: 0, failed: 0 });
    console.log(`\n${name}`);
  }

  row(id, passed, claim, reason) {
    const section = this.#sections.at(-1);
    if (passed) section.passed += 1;
    else section.failed += 1;
    console.log(`${passed ? "pass" : "FAIL"}  ${id.padEnd(6)}  ${claim}${passed ? "" : `: ${reason}`}`);
  }

  /** Runs a check; it passes unless it throws. */
  async check(id, claim, run) {
    try {
      await run();
      this.row(id, true, claim);
    } catch (error) {
      this.row(id, false, claim, error?.message ?? String(error));
    }
  }

  /** Prints the sums; whether everything passed, and everything ran. */
  end(expected) {
    console.log();
    let fine = true;
    for (const { name, passed, failed } of this.#sections) {
      console.log(`${name}: ${passed} of ${passed + failed} passed`);
      fine &&= failed === 0;
    }
    for (const [name, count] of Object.entries(expected)) {
      const found = this.#sections.find((section) => section.name === name);
      const ran = found ? found.passed + found.failed : 0;
      if (ran !== count) {
        console.log(`${name}: ${count} were to run, ${ran} did`);
        fine = false;
      }
    }
    return fine;
  }
}

// Asks the server for something again and again while somebody looks. That it is gone is said by the page itself.

export async function fetched(address, options) {
  const response = await fetch(address, options);
  const said = await response.json().catch(() => ({ text: `${address} did not come` }));
  if (!response.ok) throw new Error(said.text ?? `${address} did not come`);
  return said;
}

export class Poll {
  constructor(address, every, take) {
    this.address = address;
    this.every = every;
    this.take = take;
    this.running = 0;
  }

  start() {
    this.running += 1;
    this.turn(this.running);
  }

  stop() {
    this.running += 1;
  }

  // One at a time: a slow server is asked less often.
  async turn(run) {
    while (run === this.running) {
      if (!document.hidden && document.body.dataset.link !== "lost") {
        const said = await fetched(this.address()).catch(() => null);
        if (run !== this.running) return;
        if (said !== null) this.take(said);
      }
      await new Promise((done) => setTimeout(done, this.every));
    }
  }
}

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
      if (wanted()) {
        const said = await fetched(this.address()).catch(() => null);
        if (run !== this.running) return;
        if (said !== null) this.take(said);
      }
      await new Promise((done) => setTimeout(done, this.every));
    }
  }
}

// Does something when a panel is shown, and again and again while it is: for what cannot be one question at a time.
export class Again {
  constructor(every, work) {
    this.every = every;
    this.work = work;
    this.shown = false;
    this.timer = 0;
  }

  start() {
    this.stop();
    this.shown = true;
    this.timer = setInterval(() => this.turn(), this.every);
    this.turn();
  }

  stop() {
    this.shown = false;
    clearInterval(this.timer);
  }

  turn() {
    if (wanted()) this.work();
  }
}

function wanted() {
  return !document.hidden && document.body.dataset.link !== "lost";
}

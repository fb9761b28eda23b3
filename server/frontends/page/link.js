// The live connection: commands with answers, and wants for pictures and state. Reconnects by itself.

const FIRST_RETRY = 250;
const LAST_RETRY = 2000;

export class Link {
  constructor(handlers) {
    this.handlers = handlers;
    this.waiting = new Map();
    this.number = 0;
    this.retry = FIRST_RETRY;
    this.socket = null;
    this.open();
  }

  open() {
    const socket = new WebSocket(new URL("ws", location.href.replace(/^http/, "ws")));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.retry = FIRST_RETRY;
      this.handlers.open();
    };
    socket.onmessage = ({ data }) => (typeof data === "string" ? this.text(JSON.parse(data)) : this.handlers.picture(data));
    socket.onclose = () => this.closed();
    this.socket = socket;
  }

  closed() {
    for (const { reject } of this.waiting.values()) reject(new Error("the connection to the server was lost"));
    this.waiting.clear();
    this.handlers.closed();
    setTimeout(() => this.open(), this.retry);
    this.retry = Math.min(LAST_RETRY, this.retry * 2);
  }

  get live() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  want(what) {
    if (this.live) this.socket.send(JSON.stringify({ want: what }));
  }

  // Resolves when the server has done it; rejects with its reason.
  command(address, ...args) {
    if (!this.live) return Promise.reject(new Error("not connected: the server does not answer"));
    const id = ++this.number;
    this.socket.send(JSON.stringify({ address, args, id }));
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  text(said) {
    if (said.state !== undefined) {
      this.handlers.state(said.state);
      return;
    }
    const waiting = this.waiting.get(said.id);
    this.waiting.delete(said.id);
    if (said.ack) waiting?.resolve();
    // Somebody changed their mind: the newer choice is what counts.
    else if (waiting && said.error === "superseded") waiting.resolve();
    else if (waiting) waiting.reject(new Error(said.text));
    else this.handlers.error(said.text);
  }
}

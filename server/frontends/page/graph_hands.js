// Pointers and wheel on the drawing: one finger pans, two pinch, a tap chooses, a mouse points.

const STILL = 7;
const REACH = 14;

export class Hands {
  constructor(canvas, view) {
    [this.canvas, this.view] = [canvas, view];
    this.down = new Map();
    [this.tap, this.far] = [null, 0];
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", (event) => this.forget(event));
    canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && view.handlers.pointed(null));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  press(event) {
    if (event.button > 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, this.place(event));
    this.tap = this.down.size === 1 ? this.place(event) : null;
    this.far = this.spread();
  }

  move(event) {
    const before = this.down.get(event.pointerId);
    const here = this.place(event);
    if (before === undefined) {
      if (event.pointerType === "mouse") this.point(here);
      return;
    }
    if (this.tap !== null && Math.hypot(here.x - this.tap.x, here.y - this.tap.y) < STILL) return;
    this.tap = null;
    if (this.view.layout === null) return;
    this.down.set(event.pointerId, here);
    this.view.pan((here.x - before.x) / this.down.size, (here.y - before.y) / this.down.size);
    if (this.down.size === 2) {
      const far = this.spread();
      const [one, other] = [...this.down.values()];
      if (this.far > 0) this.view.zoom(far / this.far, (one.x + other.x) / 2, (one.y + other.y) / 2);
      this.far = far;
    }
  }

  point({ x, y }) {
    const picture = this.view.pictureAt(x, y);
    this.canvas.style.cursor = picture === null ? "grab" : "pointer";
    this.view.handlers.pointed(picture, x, y);
  }

  release(event) {
    const tap = this.tap;
    this.forget(event);
    if (tap === null) return;
    const picture = this.view.pictureAt(tap.x, tap.y, event.pointerType === "mouse" ? 2 : REACH);
    if (picture !== null) this.view.handlers.chosen(picture);
  }

  forget(event) {
    this.down.delete(event.pointerId);
    this.tap = null;
    this.far = this.spread();
  }

  spread() {
    if (this.down.size !== 2) return 0;
    const [one, other] = [...this.down.values()];
    return Math.hypot(one.x - other.x, one.y - other.y);
  }

  wheel(event) {
    event.preventDefault();
    if (this.view.layout === null) return;
    const { x, y } = this.place(event);
    const lines = event.deltaMode === 1 ? 16 : 1;
    // A trackpad's pinch arrives as a wheel with the control key.
    if (event.shiftKey) this.view.pan(-(event.deltaX || event.deltaY) * lines, 0);
    else this.view.zoom(Math.exp((-event.deltaY * lines * (event.ctrlKey ? 8 : 1)) / 700), x, y);
  }
}

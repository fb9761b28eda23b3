// A picture carried from scene to scene: by mouse at once, by finger after a moment, so that lists still scroll.

const STILL = 7;
const LONG = 380;
const EDGE = 56;
const SPEED = 14;

export class Drag {
  // `begin(target)`: { picture, scene, button, at(element) } or null. `drop(picture, from, to)`.
  constructor(place, { begin, drop }) {
    [this.place, this.begin, this.drop] = [place, begin, drop];
    [this.held, this.ghost, this.target, this.timer, this.frame] = [null, null, null, 0, 0];
    place.addEventListener("pointerdown", (event) => this.press(event));
    addEventListener("pointermove", (event) => this.move(event));
    addEventListener("pointerup", (event) => this.release(event));
    addEventListener("pointercancel", () => this.stop());
    addEventListener("keydown", (event) => event.key === "Escape" && this.ghost && this.stop());
    // A finger that carries something does not scroll.
    place.addEventListener("touchmove", (event) => this.ghost && event.preventDefault(), { passive: false });
    place.addEventListener("contextmenu", (event) => this.ghost && event.preventDefault());
  }

  get carrying() {
    return this.ghost !== null;
  }

  press(event) {
    if (event.button > 0 || !event.isPrimary) return;
    const held = this.begin(event.target);
    if (held === null) return;
    this.held = { ...held, x: event.clientX, y: event.clientY, id: event.pointerId, finger: event.pointerType !== "mouse" };
    if (this.held.finger) this.timer = setTimeout(() => this.lift(this.held?.x, this.held?.y), LONG);
  }

  move(event) {
    if (this.held === null || event.pointerId !== this.held.id) return;
    // It was let go outside of the window, where nobody said so.
    if (!this.held.finger && event.buttons === 0) {
      this.stop();
      return;
    }
    const far = Math.hypot(event.clientX - this.held.x, event.clientY - this.held.y) >= STILL;
    if (this.ghost === null) {
      if (!far) return;
      if (this.held.finger) {
        this.stop();
        return;
      }
      this.lift(event.clientX, event.clientY);
    }
    this.carry(event.clientX, event.clientY);
  }

  lift(x, y) {
    if (this.held === null) return;
    const { button } = this.held;
    this.ghost = button.cloneNode(true);
    this.ghost.className = "tile-button ghost";
    this.ghost.style.width = `${button.offsetWidth}px`;
    document.body.append(this.ghost);
    document.body.classList.add("dragging");
    button.classList.add("lifted");
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(15);
    this.carry(x, y);
    this.scroll();
  }

  carry(x, y) {
    [this.x, this.y] = [x, y];
    this.ghost.style.transform = `translate(${x - this.ghost.offsetWidth / 2}px, ${y - 34}px)`;
    this.aim(this.held.at(document.elementFromPoint(x, y)));
  }

  aim(target) {
    if (this.target?.section !== target?.section) {
      this.target?.section.classList.remove("target");
      if (target !== null && target.scene.number !== this.held.scene.number) target.section.classList.add("target");
    }
    this.target = target;
  }

  // Near the upper and lower edge the list moves along.
  scroll() {
    if (this.ghost === null) return;
    const box = this.place.getBoundingClientRect();
    const by = this.y < box.top + EDGE ? -SPEED : this.y > box.bottom - EDGE ? SPEED : 0;
    if (by !== 0) {
      this.place.scrollTop += by;
      this.carry(this.x, this.y);
    }
    this.frame = requestAnimationFrame(() => this.scroll());
  }

  release(event) {
    if (this.held === null || event.pointerId !== this.held.id) return;
    const { ghost, target, held } = this;
    this.stop();
    if (ghost === null) return;
    // The click that follows would choose what was dropped.
    addEventListener("click", (click) => click.stopPropagation(), { capture: true, once: true });
    setTimeout(() => dispatchEvent(new Event("click")), 0);
    if (target !== null && target.scene.number !== held.scene.number) this.drop(held.picture, held.scene, target.scene);
  }

  stop() {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    this.aim(null);
    this.ghost?.remove();
    this.held?.button.classList.remove("lifted");
    document.body.classList.remove("dragging");
    [this.held, this.ghost] = [null, null];
  }
}

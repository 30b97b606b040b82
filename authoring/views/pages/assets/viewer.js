// The page: pointer, keys and sliders, and when a frame is drawn.

const STOPS = [0, 16, 14, 13, 11, 10, 9, 8, 7.1, 6.3, 5.6, 5, 4.5, 4, 3.5, 3.2, 2.8, 2.5, 2.2, 2, 1.8, 1.6, 1.4];
const USUAL_APERTURE = 2.8; // of the first click, when everything is sharp
const SETTLED_MS = 120; // after the last change the frame is drawn again, with all its samples
const TAP_PX = 6; // a pointer that moved farther was a drag
const DOUBLE_MS = 320;
const MOST_ZOOM = 8;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

const byId = (id) => document.getElementById(id);
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const metresText = (metres) => (metres < 1000 ? `${Number(metres.toPrecision(metres < 1 ? 2 : 3))} m` : "∞");

function paletteBytes(hex) {
  return Uint8Array.from({ length: 768 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function linear(byte) {
  const c = byte / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

async function loadImage(source) {
  const image = new Image();
  image.src = source;
  await image.decode();
  return image;
}

class Viewer {
  constructor(data, scene, palette, images) {
    Object.assign(this, { data, scene, palette, images, drawn: 0, pointers: new Map() });
    this.stage = byId("stage");
    this.canvas = byId("view");
    this.start = { yaw: 0, pitch: 0, zoom: 1, x: 0, y: 0, scale: 1 };
    this.focusStart = focusAt(scene, data.focus[0], data.focus[1]);
    Object.assign(this, { target: { ...this.start }, now: { ...this.start }, focus: this.focusStart });
    this.aperture = byId("aperture");
    this.scale = byId("scale");
    this.aperture.max = STOPS.length - 1;
    this.build();
    this.listen();
    this.readGround();
    this.tell();
    new ResizeObserver(() => this.request()).observe(this.stage);
  }

  build() {
    this.renderer = new Renderer(this.canvas, this.scene, this.images.photo, this.images.hidden, this.palette);
  }

  get colours() {
    return byId("show-depth").checked;
  }

  readGround() {
    const channels = getComputedStyle(this.stage).backgroundColor.match(/\d+/g) ?? [0, 0, 0];
    this.ground = channels.slice(0, 3).map((channel) => linear(Number(channel)));
  }

  // Frames

  request() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.frame();
    });
  }

  frame() {
    if (this.renderer.gl.isContextLost()) return;
    const moving = this.approach();
    // The first frame is a draft too: it is there sooner.
    this.paint(moving || this.pointers.size > 0 || !this.drawn);
    if (moving) this.request();
    clearTimeout(this.settling);
    if (this.drafted) this.settling = setTimeout(() => this.pointers.size === 0 && this.paint(false), SETTLED_MS);
  }

  paint(draft) {
    const { clientWidth, clientHeight } = this.stage;
    if (!clientWidth || !clientHeight) return;
    this.renderer.resize(clientWidth, clientHeight, Math.min(devicePixelRatio || 1, 2));
    const aperture = STOPS[this.aperture.value];
    const { focus, ground, colours } = this;
    this.renderer.draw({ ...this.now, focus, aperture, colours, ground, draft });
    this.drafted = draft;
    this.canvas.hidden = false;
    if (!this.drawn++) document.documentElement.dataset.firstFrameMs = performance.now().toFixed(0);
    this.markFocus();
  }

  /** Move towards the target, or onto it if reduced motion is preferred; return whether something is left. */
  approach() {
    let left = 0;
    for (const name of Object.keys(this.now)) {
      const gap = this.target[name] - this.now[name];
      const whole = !this.eased || STILL.matches || Math.abs(gap) < 1e-3;
      this.now[name] = whole ? this.target[name] : this.now[name] + gap * 0.3;
      left += whole ? 0 : 1;
    }
    return left > 0;
  }

  change(changes, eased = false) {
    this.eased = eased;
    const next = { ...this.target, ...changes };
    next.yaw = clamp(next.yaw, -1, 1);
    next.pitch = clamp(next.pitch, -1, 1);
    next.zoom = clamp(next.zoom, 1, MOST_ZOOM);
    const [roomX, roomY] = this.room(next.zoom);
    next.x = clamp(next.x, -roomX, roomX);
    next.y = clamp(next.y, -roomY, roomY);
    this.target = next;
    byId("hint").hidden = true;
    this.request();
  }

  /** How far the frame can be moved so that it still fills the window, in halves of the window. */
  room(zoom) {
    const [width, height] = this.frameSize(zoom);
    const { clientWidth, clientHeight } = this.stage;
    return [Math.max(0, width / clientWidth - 1), Math.max(0, height / clientHeight - 1)];
  }

  frameSize(zoom) {
    const { clientWidth, clientHeight } = this.stage;
    const width = Math.min(clientWidth, clientHeight * this.scene.aspect) * zoom;
    return [width, width / this.scene.aspect];
  }

  zoomAt(factor, left, top, eased) {
    const { clientWidth, clientHeight } = this.stage;
    const zoom = clamp(this.target.zoom * factor, 1, MOST_ZOOM);
    const grown = zoom / this.target.zoom;
    const [px, py] = [(2 * left) / clientWidth - 1, (2 * top) / clientHeight - 1];
    this.change({ zoom, x: px - (px - this.target.x) * grown, y: py - (py - this.target.y) * grown }, eased);
  }

  // Focus

  /** The point of the photo's frame under a point of the window. */
  frameAt(left, top) {
    const { clientWidth, clientHeight } = this.stage;
    const [width, height] = this.frameSize(this.now.zoom * closer(this.now));
    const [x, y] = [left - (clientWidth / 2) * (1 + this.now.x), top - (clientHeight / 2) * (1 + this.now.y)];
    return [x / width + 0.5, y / height + 0.5];
  }

  refocus(left, top) {
    const met = pick(this.scene, this.now, ...this.frameAt(left, top));
    if (!met) return;
    this.focus = met.normal;
    if (!STOPS[this.aperture.value]) this.setAperture(this.data.aperture ?? USUAL_APERTURE);
    const ring = byId("ring");
    ring.style.left = `${left}px`;
    ring.style.top = `${top}px`;
    ring.hidden = false;
    ring.getAnimations().forEach((one) => (one.cancel(), one.play()));
    clearTimeout(this.ringing);
    this.ringing = setTimeout(() => (ring.hidden = true), 900);
    byId("said").textContent = `Focus at ${this.distance(met.normal)}`;
    byId("hint").hidden = true;
    this.tell();
    this.request();
  }

  distance(normal) {
    return `${metresText(metresOf(this.scene, normal))}${this.data.depth.absolute ? "" : " (relative)"}`;
  }

  setAperture(stop) {
    const far = STOPS.map((one) => (one ? Math.abs(Math.log(one / stop)) : Infinity));
    this.aperture.value = far.indexOf(Math.min(...far));
  }

  reset() {
    this.aperture.value = 0;
    this.scale.value = 1;
    this.focus = this.focusStart;
    this.change({ ...this.start }, true);
    byId("said").textContent = "View reset";
    this.tell();
  }

  // Text on the page

  tell() {
    const stop = STOPS[this.aperture.value];
    const opened = stop ? `f/${stop}` : "all sharp";
    byId("aperture-value").textContent = opened;
    this.aperture.setAttribute("aria-valuetext", opened);
    byId("scale-value").textContent = `× ${Number(this.scale.value).toFixed(2)}`;
    byId("legend").hidden = !this.colours;
    this.stage.setAttribute("aria-label", this.colours ? this.data.words.depth : this.data.words.photo);
  }

  markFocus() {
    byId("legend-focus").style.left = `${(1 - this.focus) * 100}%`;
  }

  // Pointer and keys

  listen() {
    const { stage } = this;
    stage.addEventListener("pointerdown", (event) => this.down(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, (event) => this.up(event));
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    document.addEventListener("keydown", (event) => this.key(event));
    for (const id of ["show-photo", "show-depth", "aperture"]) {
      byId(id).addEventListener("input", () => (this.tell(), this.request()));
    }
    this.scale.addEventListener("input", () => (this.change({ scale: Number(this.scale.value) }), this.tell()));
    byId("reset").addEventListener("click", () => this.reset());
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", () => (this.readGround(), this.request()));
    this.canvas.addEventListener("webglcontextlost", (event) => (event.preventDefault(), (this.canvas.hidden = true)));
    this.canvas.addEventListener("webglcontextrestored", () => (this.build(), this.request()));
  }

  place(event) {
    const box = this.stage.getBoundingClientRect();
    return { left: event.clientX - box.left, top: event.clientY - box.top };
  }

  down(event) {
    if (event.button > 0) return;
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.place(event));
    this.tapped = this.pointers.size === 1 ? this.place(event) : null;
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.place(event);
    const [left, top] = [now.left - before.left, now.top - before.top];
    if (this.tapped && Math.hypot(now.left - this.tapped.left, now.top - this.tapped.top) < TAP_PX) return;
    this.tapped = null;
    this.pointers.set(event.pointerId, now);
    if (this.pointers.size === 1) {
      // Across half the stage from one limit to the other.
      const reach = Math.min(this.stage.clientWidth, this.stage.clientHeight) / 4;
      this.change({ yaw: this.target.yaw - left / reach, pitch: this.target.pitch + top / reach });
    } else if (this.pointers.size === 2) {
      const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      const apart = (one) => Math.max(20, Math.hypot(one.left - other.left, one.top - other.top));
      this.zoomAt(apart(now) / apart(before), (now.left + other.left) / 2, (now.top + other.top) / 2);
      const { clientWidth, clientHeight } = this.stage;
      this.change({ x: this.target.x + left / clientWidth, y: this.target.y + top / clientHeight });
    }
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    this.request();
    if (!this.tapped || event.type === "pointercancel") return;
    const { left, top } = this.tapped;
    this.tapped = null;
    const double = event.timeStamp - (this.lastTap ?? -Infinity) < DOUBLE_MS;
    this.lastTap = double ? -Infinity : event.timeStamp;
    if (double) this.reset();
    else this.refocus(left, top);
  }

  wheel(event) {
    event.preventDefault();
    const { left, top } = this.place(event);
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.zoomAt(Math.exp(-clamp(event.deltaY * lines, -120, 120) / 400), left, top);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.startsWith("Arrow") && event.target.matches("input")) return;
    const { yaw, pitch } = this.target;
    const [width, height] = [this.stage.clientWidth / 2, this.stage.clientHeight / 2];
    const step = (by) => {
      this.aperture.value = Number(this.aperture.value) + by;
      this.tell();
      this.request();
    };
    const actions = {
      ArrowLeft: () => this.change({ yaw: yaw + 0.2 }, true),
      ArrowRight: () => this.change({ yaw: yaw - 0.2 }, true),
      ArrowUp: () => this.change({ pitch: pitch - 0.2 }, true),
      ArrowDown: () => this.change({ pitch: pitch + 0.2 }, true),
      "+": () => this.zoomAt(1.2, width, height, true),
      "=": () => this.zoomAt(1.2, width, height, true),
      "-": () => this.zoomAt(1 / 1.2, width, height, true),
      "[": () => step(-1),
      "]": () => step(1),
      d: () => byId(this.colours ? "show-photo" : "show-depth").click(),
      r: () => this.reset(),
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
}

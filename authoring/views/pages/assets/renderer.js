// WebGL 2: programs, textures, targets, and one frame.

const MOST_PIXELS = 3.2e6; // of the drawing: more drains a phone's battery without visible effect
const SAMPLES = 4;
const WIDEST = 0.035; // of the frame's longer side: the largest radius of blur
const MOST_TAPS = 96;
const DRAFT_TAPS = 24; // while something moves

function makeProgram(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [type, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    const logs = gl.getAttachedShaders(program).map((one) => gl.getShaderInfoLog(one));
    throw new Error(`${gl.getProgramInfoLog(program)} ${logs.join(" ")}`);
  }
  const places = {};
  for (let i = 0; i < gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS); i++) {
    const { name } = gl.getActiveUniform(program, i);
    places[name] = gl.getUniformLocation(program, name);
  }
  return { program, places };
}

class Renderer {
  constructor(canvas, scene, picture, hidden, palette) {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false });
    if (!gl) throw new Error("no WebGL 2");
    const wide = gl.getExtension("EXT_color_buffer_float") || gl.getExtension("EXT_color_buffer_half_float");
    // Eight bits are enough where the hardware converts them to linear light.
    this.format = wide ? gl.RGBA16F : gl.SRGB8_ALPHA8;
    Object.assign(this, { gl, canvas, scene });
    this.space = makeProgram(gl, SPACE_VERTEX, SPACE_FRAGMENT);
    this.show = makeProgram(gl, SCREEN_VERTEX, SHOW_FRAGMENT);
    this.picture = this.imageTexture(picture);
    this.hiddenPhoto = this.imageTexture(hidden);
    this.palette = this.texture(gl.RGB8, 256, 1);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 256, 1, gl.RGB, gl.UNSIGNED_BYTE, palette);
    this.front = this.mesh(scene.front);
    this.hiddenMesh = this.mesh(scene.hidden);
    this.screen = gl.createVertexArray();
  }

  texture(format, width, height, levels = 1) {
    const { gl } = this;
    const texture = gl.createTexture();
    const wrap = levels > 1 ? gl.MIRRORED_REPEAT : gl.CLAMP_TO_EDGE;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texStorage2D(gl.TEXTURE_2D, levels, format, width, height);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, levels > 1 ? gl.LINEAR_MIPMAP_LINEAR : gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, wrap);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, wrap);
    return texture;
  }

  imageTexture(image) {
    const { gl } = this;
    const [width, height] = [image.naturalWidth, image.naturalHeight];
    const texture = this.texture(gl.RGBA8, width, height, 1 + Math.floor(Math.log2(Math.max(width, height))));
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, gl.RGBA, gl.UNSIGNED_BYTE, image);
    gl.generateMipmap(gl.TEXTURE_2D);
    return texture;
  }

  mesh(grid) {
    const { gl } = this;
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, grid.nodes, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, PER_NODE, gl.FLOAT, false, 0, 0);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, grid.cells, gl.STATIC_DRAW);
    gl.bindVertexArray(null);
    return { array, size: [grid.columns, grid.rows], count: grid.cells.length };
  }

  /** The canvas and the targets in the size that the window gives. */
  resize(cssWidth, cssHeight, ratio) {
    const shrink = Math.min(1, Math.sqrt(MOST_PIXELS / (cssWidth * cssHeight * ratio * ratio)));
    const width = Math.max(2, Math.round(cssWidth * ratio * shrink));
    const height = Math.max(2, Math.round(cssHeight * ratio * shrink));
    if (width === this.width && height === this.height) return;
    const { gl, canvas } = this;
    Object.assign(this, { width, height });
    [canvas.width, canvas.height] = [width, height];
    for (const one of this.targets ?? []) one.free();
    const half = [Math.ceil(width / 2), Math.ceil(height / 2)];
    this.sharp = this.target(width, height);
    const depth = this.buffer(gl.DEPTH_ATTACHMENT, gl.DEPTH_COMPONENT24, 0);
    this.small = this.target(...half);
    this.soft = this.target(...half);
    this.many = this.multisampled();
    this.targets = [this.sharp, this.small, this.soft, this.many, depth];
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  target(width, height) {
    const { gl } = this;
    const texture = this.texture(this.format, width, height);
    const frame = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const free = () => (gl.deleteTexture(texture), gl.deleteFramebuffer(frame));
    return { texture, frame, width, height, free };
  }

  multisampled() {
    const { gl } = this;
    const most = gl.getInternalformatParameter(gl.RENDERBUFFER, this.format, gl.SAMPLES);
    const samples = Math.min(SAMPLES, most?.[0] ?? 0);
    const frame = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    const color = this.buffer(gl.COLOR_ATTACHMENT0, this.format, samples);
    const depth = this.buffer(gl.DEPTH_ATTACHMENT, gl.DEPTH_COMPONENT24, samples);
    return { frame, free: () => (color.free(), depth.free(), gl.deleteFramebuffer(frame)) };
  }

  /** A buffer of the drawing's size for the frame that is bound. */
  buffer(place, format, samples) {
    const { gl, width, height } = this;
    const buffer = gl.createRenderbuffer();
    gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
    gl.renderbufferStorageMultisample(gl.RENDERBUFFER, samples, format, width, height);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, place, gl.RENDERBUFFER, buffer);
    return { free: () => gl.deleteRenderbuffer(buffer) };
  }

  /** One frame. `view`: yaw, pitch, zoom, x, y, scale, focus, aperture, colours, ground (linear), draft. */
  draw(view) {
    const { gl, scene, width, height } = this;
    this.drawSpace(view);
    const long = Math.max(...this.frame);
    const strength = view.colours || !view.aperture ? 0 : (scene.blur * this.frame[0]) / view.aperture;
    const whole = strength * scene.range.span;
    const most = Math.min(WIDEST * long, whole * Math.max(view.focus, 1 - view.focus));
    const blur = most > 0.5;
    gl.disable(gl.DEPTH_TEST);
    gl.bindVertexArray(this.screen);
    if (blur) {
      const taps = Math.round(Math.min(view.draft ? DRAFT_TAPS : MOST_TAPS, Math.max(16, most * most)));
      // Compiled when first needed: the first frame is sharp.
      this.half ??= makeProgram(gl, SCREEN_VERTEX, HALF_FRAGMENT);
      this.blur ??= makeProgram(gl, SCREEN_VERTEX, BLUR_FRAGMENT);
      this.pass(this.half, this.small, { source: this.sharp }, {});
      const lens = { focus: view.focus, strength: whole / 2, widest: most / 2 };
      this.pass(this.blur, this.soft, { source: this.small }, lens, { taps });
    }
    const lens = { focus: view.focus, strength: whole, widest: most };
    this.pass(this.show, { frame: null, width, height }, { sharp: this.sharp, blurred: this.soft }, lens, { blur });
    gl.bindVertexArray(null);
  }

  /** The photo's frame in pixels, and the part of it that the window shows. */
  placeFrame(view) {
    const { scene, width, height } = this;
    const across = Math.min(width, height * scene.aspect);
    const sides = [across, across / scene.aspect];
    const shown = sides.map((side, i) => Math.min(Math.round(side * view.zoom), [width, height][i]));
    const [left, low] = [Math.round((width - shown[0]) / 2), Math.round((height - shown[1]) / 2)];
    this.visible = [left, low, ...shown];
    const inside = [left + 1, low + 1, left + shown[0] - 1, low + shown[1] - 1];
    this.bounds = inside.map((side, i) => side / (i % 2 ? height : width));
    this.frame = sides.map((side) => side * view.zoom * closer(view));
    return this.frame;
  }

  drawSpace(view) {
    const { gl, scene, width, height } = this;
    const frame = this.placeFrame(view);
    const { places } = this.space;
    gl.bindFramebuffer(gl.FRAMEBUFFER, (view.draft ? this.sharp : this.many).frame);
    gl.viewport(0, 0, width, height);
    gl.enable(gl.DEPTH_TEST);
    gl.clearColor(...view.ground, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(...this.visible);
    gl.useProgram(this.space.program);
    gl.uniform4f(places.camera, scene.fx, scene.fy, scene.cx, scene.cy);
    const { low, span } = scene.range;
    gl.uniform3f(places.relative, low / scene.pivot, span / scene.pivot, view.scale);
    gl.uniformMatrix3fv(places.turn, false, rotation(scene, view));
    gl.uniform4f(places.fit, (2 * frame[0]) / width, (-2 * frame[1]) / height, view.x, -view.y);
    gl.uniform1f(places.nearest, NEAREST);
    const nearest = Math.max(1, 1 + view.scale * ((low + span) / scene.pivot - 1));
    gl.uniform1f(places.least, 0.5 / nearest);
    gl.uniform1i(places.colours, view.colours);
    this.bind(0, this.palette, places.palette);
    if (view.yaw || view.pitch) {
      // The hidden surface is behind everything: the depth buffer is cleared before the front is drawn.
      this.drawMesh(this.hiddenMesh, this.hiddenPhoto, MARGIN, false);
      gl.clear(gl.DEPTH_BUFFER_BIT);
    }
    // At rest nothing is stretched, and a cut by rounding would show the ground as specks.
    this.drawMesh(this.front, this.picture, 0, Boolean(view.yaw || view.pitch));
    gl.disable(gl.SCISSOR_TEST);
    if (view.draft) return;
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.many.frame);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, this.sharp.frame);
    gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT, gl.NEAREST);
  }

  drawMesh(mesh, picture, margin, cut) {
    const { gl } = this;
    const { places } = this.space;
    gl.uniform2i(places.size, ...mesh.size);
    gl.uniform1i(places.cut, cut);
    gl.uniform1f(places.margin, margin);
    this.bind(1, picture, places.picture);
    gl.bindVertexArray(mesh.array);
    gl.drawElements(gl.TRIANGLES, mesh.count, gl.UNSIGNED_INT, 0);
  }

  pass({ program, places }, target, sources, floats, integers = {}) {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, target.frame);
    gl.viewport(0, 0, target.width, target.height);
    gl.useProgram(program);
    gl.uniform4f(places.frame, ...this.bounds);
    Object.entries(sources).forEach(([name, one], unit) => this.bind(unit, one.texture, places[name]));
    for (const [name, value] of Object.entries(floats)) gl.uniform1f(places[name], value);
    for (const [name, value] of Object.entries(integers)) gl.uniform1i(places[name], value);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  bind(unit, texture, place) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform1i(place, unit);
  }
}

// The photo in space: disparity, the grid over it, the camera, and the point under a click.

const GRID_SIDE = 576; // nodes along the longer side: a cell is two or three pixels of a large window
const PER_NODE = 3;
const PARALLAX = 0.055; // of the picture's width: largest shift between near and far when looking from the side
const STEEPEST = 0.24; // radians: beyond it, mostly surfaces that the photo does not show would be visible
const FLATTEST = 0.03;
const MARGIN = 0.1; // of the frame: how far the hidden surface extends beyond it
const NEAREST = 0.02; // of the pivot's disparity: infinity is drawn fifty times as far as the pivot

/** Everything that does not depend on the view. `depth` and `hiddenDepth` are decoded PNGs. */
function makeScene(data, depth, hiddenDepth) {
  const disparity = disparityTable(data.depth);
  const { low, high } = data.range;
  const range = { low, span: Math.max(high - low, 1e-9) };
  const normal = disparity.map((d) => Math.min(1, Math.max(0, (d - range.low) / range.span)));
  const front = makeGrid(depth, normal, 0);
  const scene = { ...data.camera, blur: data.blur, range, normal, depth, front, hidden: makeGrid(hiddenDepth, normal, MARGIN) };
  scene.pivot = range.low + range.span * focusAt(scene, data.focus[0], data.focus[1]);
  if (!(scene.pivot > 0)) scene.pivot = range.low + range.span / 2 || 1;
  const off = Math.max(range.low + range.span - scene.pivot, scene.pivot - range.low) / scene.pivot;
  const steep = Math.atan(PARALLAX / (scene.fx * Math.max(off, 1e-3)));
  scene.limit = Math.min(STEEPEST, Math.max(FLATTEST, steep));
  return scene;
}

/** Disparity in 1/m of the 256 codes. */
function disparityTable(depth) {
  const table = new Float64Array(256);
  for (let code = 0; code < 256; code++) {
    const value = depth.low + ((depth.high - depth.low) * code) / 255;
    table[code] = depth.kind === "disparity" ? Math.max(0, value) : 1 / Math.max(value, 1e-3);
  }
  return table;
}

/** Index of the sample at 0..1 among `count`; outside the map it is mirrored. */
function sampleAt(place, count) {
  const mirrored = place < 0 ? -place : place > 1 ? 2 - place : place;
  return Math.min(count - 1, Math.floor(mirrored * count));
}

/** Nodes from the left top: disparity 0..1, and its slope over the cell to the right and below; two triangles a cell. */
function makeGrid(map, normal, margin) {
  const shrink = Math.min(1, GRID_SIDE / Math.max(map.width, map.height));
  const columns = Math.max(2, Math.round(map.width * shrink));
  const rows = Math.max(2, Math.round(map.height * shrink));
  const nodes = new Float32Array(columns * rows * PER_NODE);
  for (let row = 0; row < rows; row++) {
    const y = sampleAt((row / (rows - 1)) * (1 + 2 * margin) - margin, map.height);
    for (let column = 0; column < columns; column++) {
      const x = sampleAt((column / (columns - 1)) * (1 + 2 * margin) - margin, map.width);
      nodes[PER_NODE * (row * columns + column)] = normal[map.samples[y * map.width + x]];
    }
  }
  const cells = new Uint32Array((columns - 1) * (rows - 1) * 6);
  let at = 0;
  for (let row = 0; row < rows - 1; row++) {
    for (let column = 0; column < columns - 1; column++) {
      const a = row * columns + column;
      const [b, c, d] = [a + 1, a + columns, a + columns + 1];
      const [p, q, r, s] = [nodes[PER_NODE * a], nodes[PER_NODE * b], nodes[PER_NODE * c], nodes[PER_NODE * d]];
      nodes[PER_NODE * a + 1] = (q - p + s - r) / 2;
      nodes[PER_NODE * a + 2] = (r - p + s - q) / 2;
      // Both triangles end with the node that stands for the cell (the last vertex is the provoking one).
      cells[at++] = b;
      cells[at++] = d;
      cells[at++] = a;
      cells[at++] = d;
      cells[at++] = c;
      cells[at++] = a;
    }
  }
  return { columns, rows, nodes, cells };
}

/** Disparity 0..1 around a point of the photo: the median of nine nodes, so that a wrong one has no effect. */
function focusAt(scene, x, y) {
  const { width, height, samples } = scene.depth;
  const near = [];
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) {
      const column = Math.min(width - 1, Math.max(0, Math.floor(x * width) + dx));
      const row = Math.min(height - 1, Math.max(0, Math.floor(y * height) + dy));
      near.push(scene.normal[samples[row * width + column]]);
    }
  }
  return near.sort((a, b) => a - b)[4];
}

/** Metres of a disparity 0..1. */
const metresOf = (scene, normal) => 1 / (scene.range.low + scene.range.span * normal);

/** The turn about the pivot, as a 3x3 matrix by columns: first up and down, then sideways. */
function rotation(scene, view) {
  const yaw = view.yaw * scene.limit;
  const pitch = view.pitch * scene.limit;
  const [c, s, d, t] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  return [c, t * s, -d * s, 0, d, t, s, -t * c, d * c];
}

/** From the side the photo is enlarged a little, so that its borders stay outside. */
const closer = (view) => 1 + 0.05 * Math.min(1, Math.hypot(view.yaw, view.pitch));

/** Projection of a node: {x, y} in 0..1 of the photo's frame and its distance; the same as in the vertex shader. */
function project(scene, view, turn, column, row, normal) {
  const { columns, rows } = scene.front;
  const pivot = [(0.5 - scene.cx) / scene.fx, (0.5 - scene.cy) / scene.fy, 1];
  const disparity = scene.range.low + scene.range.span * normal;
  const relative = Math.max(1 + view.scale * (disparity / scene.pivot - 1), NEAREST);
  const z = 1 / relative;
  const x = ((column / (columns - 1) - scene.cx) / scene.fx) * z - pivot[0];
  const y = ((row / (rows - 1) - scene.cy) / scene.fy) * z - pivot[1];
  const w = z - pivot[2];
  const away = turn[2] * x + turn[5] * y + turn[8] * w + pivot[2];
  const across = turn[0] * x + turn[3] * y + turn[6] * w + pivot[0];
  const down = turn[1] * x + turn[4] * y + turn[7] * w + pivot[1];
  return { x: (scene.fx * across) / away + scene.cx, y: (scene.fy * down) / away + scene.cy, away };
}

/** The nearest node seen at a point of the frame: {x, y} in the photo, disparity 0..1; null outside the photo. */
function pick(scene, view, x, y) {
  const { columns, rows, nodes } = scene.front;
  const turn = rotation(scene, view);
  const [reachX, reachY] = [1.5 / columns, 1.5 / rows];
  let best = null;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const normal = nodes[PER_NODE * (row * columns + column)];
      const seen = project(scene, view, turn, column, row, normal);
      if (Math.abs(seen.x - x) > reachX || Math.abs(seen.y - y) > reachY) continue;
      if (!best || seen.away < best.away) best = { ...seen, column, row };
    }
  }
  if (!best) return null;
  const at = { x: best.column / (columns - 1), y: best.row / (rows - 1) };
  return { ...at, normal: focusAt(scene, at.x, at.y) };
}

// Start: decode the depth, and show what the browser can render. The photo is already visible.

/** Show photo and depth as flat pictures, without WebGL 2. */
function showFlat(data, scene, palette, reason) {
  document.documentElement.dataset.flat = reason;
  byId("flat-why").hidden = false;
  byId("hint").hidden = true;
  for (const id of ["aperture", "scale", "reset"]) byId(id).disabled = true;
  if (!scene) {
    byId("show-depth").disabled = true;
    return;
  }
  const flat = byId("flat");
  const { width, height, samples } = scene.depth;
  [flat.width, flat.height] = [width, height];
  const picture = new ImageData(width, height);
  samples.forEach((code, i) => {
    const start = 3 * Math.round(scene.normal[code] * 255);
    picture.data.set([...palette.subarray(start, start + 3), 255], 4 * i);
  });
  flat.getContext("2d").putImageData(picture, 0, 0);
  const toggle = () => {
    flat.hidden = !byId("show-depth").checked;
    byId("legend").hidden = flat.hidden;
  };
  for (const id of ["show-photo", "show-depth"]) byId(id).addEventListener("input", toggle);
  document.addEventListener("keydown", (event) => {
    if (event.key === "d") byId(byId("show-depth").checked ? "show-photo" : "show-depth").click();
  });
}

/** Measure the page for tests (#selftest); the result is written into the document as JSON. */
async function selfTest(viewer) {
  const { gl } = viewer.renderer;
  const shot = () => {
    viewer.paint(false);
    const { width, height } = viewer.renderer;
    const pixels = new Uint8Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    return pixels;
  };
  const difference = (a, b) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
  const rest = shot();
  viewer.now.yaw = 1;
  const turned = shot();
  viewer.now.yaw = 0;
  viewer.setAperture(1.4);
  viewer.focus = 1;
  const near = shot();
  viewer.focus = 0;
  const far = shot();
  viewer.aperture.value = 0;
  byId("show-depth").checked = true;
  const depth = shot();
  const { samples } = viewer.scene.depth;
  return {
    error: gl.getError(),
    codes: samples.reduce((sum, code, i) => (sum + code * ((i % 65521) + 1)) % 4294967291, 0),
    firstFrameMs: Number(document.documentElement.dataset.firstFrameMs),
    turned: difference(rest, turned),
    refocused: difference(near, far),
    depth: difference(rest, depth),
    again: difference(depth, shot()),
    metres: [metresOf(viewer.scene, 1), metresOf(viewer.scene, 0)],
  };
}

async function main() {
  const data = JSON.parse(byId("data").textContent);
  const palette = paletteBytes(data.palette);
  let scene = null;
  let viewer = null;
  try {
    const photo = byId("photo");
    const [depth, hiddenDepth, hiddenPhoto] = await Promise.all([
      decodeGrayPng(data.depth.png),
      decodeGrayPng(data.hidden.png),
      loadImage(data.hidden.picture),
      photo.decode(),
    ]);
    scene = makeScene(data, depth, hiddenDepth);
    viewer = new Viewer(data, scene, palette, { photo, hidden: hiddenPhoto });
    viewer.frame();
  } catch (error) {
    showFlat(data, scene, palette, String(error));
  }
  document.body.dataset.ready = viewer ? "space" : "flat";
  if (location.hash !== "#selftest") return;
  const result = document.createElement("pre");
  result.id = "selftest";
  result.textContent = JSON.stringify(viewer ? await selfTest(viewer) : { flat: document.documentElement.dataset.flat });
  document.body.append(result);
}

main();

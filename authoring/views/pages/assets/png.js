// Decode gray PNGs. Browsers give a PNG's pixels only through a canvas, which may convert colours or add noise against
// tracking; depth must be unchanged.

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** {width, height, samples}: samples row by row from the top, 0..255. Only 8-bit gray without interlacing. */
async function decodeGrayPng(base64) {
  const bytes = bytesOf(base64);
  const view = new DataView(bytes.buffer);
  const chunks = [];
  let width = 0;
  let height = 0;
  for (let at = 8; at < bytes.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") {
      width = view.getUint32(at + 8);
      height = view.getUint32(at + 12);
      if (body[8] !== 8 || body[9] !== 0 || body[12] !== 0) throw new Error("the depth is not an 8-bit gray PNG");
    }
    if (type === "IDAT") chunks.push(body);
    at += 12 + length;
  }
  const packed = new Uint8Array(await new Blob(chunks).arrayBuffer());
  return { width, height, samples: unfilter(await inflate(packed), width, height) };
}

/** The five row filters of PNG (ISO/IEC 15948, 9.2), one byte a pixel. */
function unfilter(rows, width, height) {
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (width + 1)];
    const from = y * (width + 1) + 1;
    const to = y * width;
    for (let x = 0; x < width; x++) {
      const left = x ? out[to + x - 1] : 0;
      const up = y ? out[to + x - width] : 0;
      const corner = x && y ? out[to + x - width - 1] : 0;
      let guess = 0;
      if (filter === 1) guess = left;
      else if (filter === 2) guess = up;
      else if (filter === 3) guess = (left + up) >> 1;
      else if (filter === 4) guess = paeth(left, up, corner);
      out[to + x] = rows[from + x] + guess;
    }
  }
  return out;
}

function paeth(left, up, corner) {
  const sum = left + up - corner;
  const toLeft = Math.abs(sum - left);
  const toUp = Math.abs(sum - up);
  const toCorner = Math.abs(sum - corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

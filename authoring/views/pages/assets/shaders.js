// The four passes: the photo in space, at half size, blurred, and both composited. All in linear light.

const COMMON = `#version 300 es
precision highp float;
const float TORN = 1.55; // times that a cell is stretched
vec3 toLinear(vec3 c) { return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(0.04045, c)); }
vec3 toDisplay(vec3 c) {
  c = clamp(c, 0.0, 1.0);
  return mix(c * 12.92, 1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c));
}
`;

const SPACE_VERTEX = `${COMMON}
layout(location = 0) in vec3 node; // disparity 0..1, its slope over the cell to the right and below
uniform ivec2 size;                // columns, rows
uniform vec4 camera;               // fx, fy, cx, cy in widths and heights of the photo
uniform vec3 relative;             // disparity over the pivot's: at 0, its span, and the depth scale
uniform mat3 turn;
uniform vec4 fit;                  // scale and place of the frame in the window
uniform float nearest, least, margin;
uniform bool cut;
out vec4 seen; // place in the photo, 1 and disparity, all times the distance: linear over the photo, not in space
flat out float torn;
vec2 at;
float disparityOf(float normal) {
  return max(1.0 + relative.z * (relative.x + relative.y * normal - 1.0), nearest);
}
vec3 pointOf(float disparity) {
  vec3 pivot = vec3((0.5 - camera.zw) / camera.xy, 1.0);
  return turn * (vec3((at - camera.zw) / camera.xy, 1.0) / disparity - pivot) + pivot;
}
vec2 frameOf(vec3 point) { return camera.xy * point.xy / point.z + camera.zw - 0.5; }
void main() {
  ivec2 cell = ivec2(gl_VertexID % size.x, gl_VertexID / size.x);
  at = vec2(cell) / vec2(size - 1) * (1.0 + 2.0 * margin) - margin;
  float disparity = disparityOf(node.x);
  vec3 point = pointOf(disparity);
  seen = vec4(at, 1.0, node.x) / disparity;
  gl_Position = vec4((frameOf(point) * fit.xy + fit.zw) * point.z, point.z - 2.0 * least, point.z);
  // A surface stretched over a depth edge is not in the photo: the hidden surface shows instead.
  // By so many cells points move for one slope's worth of disparity; the larger stretch (singular value) that gives.
  float slope = length(node.yz);
  vec2 moved = (frameOf(pointOf(disparityOf(node.x + slope))) - frameOf(point)) * vec2(size - 1);
  float along = slope > 0.0 ? dot(moved, node.yz) / slope : 0.0;
  float area = 1.0 + along;
  float both = 1.0 + area * area + dot(moved, moved) - along * along;
  float most = 0.5 * (both + sqrt(max(both * both - 4.0 * area * area, 0.0)));
  torn = cut && most > TORN * TORN ? 1.0 : 0.0;
}`;

const SPACE_FRAGMENT = `${COMMON}
in vec4 seen;
flat in float torn;
uniform sampler2D picture, palette;
uniform bool colours;
out vec4 color;
void main() {
  if (torn > 0.5) discard;
  vec2 at = seen.xy / seen.z;
  float disparity = seen.w / seen.z;
  vec3 colour = colours ? texture(palette, vec2((disparity * 255.0 + 0.5) / 256.0, 0.5)).rgb : texture(picture, at).rgb;
  color = vec4(toLinear(colour), disparity);
}`;

const SCREEN_VERTEX = `${COMMON}
out vec2 at;
void main() {
  at = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0;
  gl_Position = vec4(at * 2.0 - 1.0, 0.0, 1.0);
}`;

// Four pixels to one; the disparity is that of the nearest, so that a near edge keeps its blur.
const HALF_FRAGMENT = `${COMMON}
in vec2 at;
uniform sampler2D source;
uniform vec4 frame; // of the window: nothing is taken from outside the photo
out vec4 color;
vec4 pick(vec2 place) { return texture(source, clamp(place, frame.xy, frame.zw)); }
void main() {
  vec2 pixel = 1.0 / vec2(textureSize(source, 0));
  vec4 a = pick(at + pixel * vec2(-0.5, -0.5));
  vec4 b = pick(at + pixel * vec2(0.5, -0.5));
  vec4 c = pick(at + pixel * vec2(-0.5, 0.5));
  vec4 d = pick(at + pixel * vec2(0.5, 0.5));
  color = vec4(0.25 * (a.rgb + b.rgb + c.rgb + d.rgb), max(max(a.a, b.a), max(c.a, d.a)));
}`;

// Gather a disc, in two layers. What is in front of the focus covers a pixel as far as its own disc reaches, divided by
// the disc's area, so that its edges are soft on both sides. What is in focus or behind enters only as far as the pixel
// itself is out of focus; under an edge of the front layer all of it stands for what is hidden.
const BLUR_FRAGMENT = `${COMMON}
in vec2 at;
uniform sampler2D source;
uniform float focus, strength, widest; // strength: pixels of radius for the whole range of disparity
uniform int taps;
uniform vec4 frame;
out vec4 color;
const float GOLDEN = 2.39996323;
const float SHARP = 0.75; // pixels of radius: less is in focus
float radius(float disparity) { return min(abs(disparity - focus) * strength, widest); }
bool isBefore(float disparity, float radius) { return disparity > focus && radius > SHARP; }
void main() {
  vec2 pixel = 1.0 / vec2(textureSize(source, 0));
  float share = widest * widest / float(taps);
  vec4 own = texture(source, clamp(at, frame.xy, frame.zw));
  float mine = radius(own.a);
  bool ownBefore = isBefore(own.a, mine);
  float limit = ownBefore ? widest : mine;
  vec4 first = vec4(own.rgb, 1.0) * share / max(mine * mine, share);
  vec4 front = ownBefore ? first : vec4(0.0);
  vec4 back = ownBefore ? vec4(0.0) : first;
  float spin = 6.2831853 * fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))));
  for (int i = 0; i < taps; i++) {
    float away = widest * sqrt((float(i) + 0.5) / float(taps));
    float angle = float(i) * GOLDEN + spin;
    vec4 other = texture(source, clamp(at + pixel * away * vec2(cos(angle), sin(angle)), frame.xy, frame.zw));
    float its = radius(other.a);
    float thin = share / max(its * its, share);
    if (isBefore(other.a, its)) front += vec4(other.rgb, 1.0) * clamp(its - away + 0.5, 0.0, 1.0) * thin;
    else back += vec4(other.rgb, 1.0) * clamp((ownBefore ? limit : min(its, limit)) - away + 0.5, 0.0, 1.0) * thin;
  }
  // The sum over a surface scatters around 1: what comes near to it covers wholly.
  float cover = back.a > 0.0 ? clamp(front.a * 1.1, 0.0, 1.0) : 1.0;
  vec3 far = back.a > 0.0 ? back.rgb / back.a : own.rgb;
  color = vec4(front.a > 0.0 ? mix(far, front.rgb / front.a, cover) : far, front.a > 0.0 ? cover : 0.0);
}`;

const SHOW_FRAGMENT = `${COMMON}
in vec2 at;
uniform sampler2D sharp, blurred;
uniform float focus, strength, widest;
uniform bool blur;
uniform vec4 frame;
out vec4 color;
void main() {
  vec4 own = texture(sharp, at);
  vec3 colour = own.rgb;
  if (blur) {
    // Nine samples of the half-sized picture, which also smooth what grain the turned discs leave.
    vec2 pixel = 1.0 / vec2(textureSize(blurred, 0));
    vec4 soft = vec4(0.0);
    for (int y = -1; y <= 1; y++)
      for (int x = -1; x <= 1; x++)
        soft += texture(blurred, clamp(at + pixel * vec2(x, y), frame.xy, frame.zw)) * float((2 - abs(x)) * (2 - abs(y))) / 16.0;
    float radius = min(abs(own.a - focus) * strength, widest);
    if (at == clamp(at, frame.xy, frame.zw)) colour = mix(colour, soft.rgb, max(smoothstep(0.5, 2.0, radius), soft.a));
  }
  float grain = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;
  color = vec4(toDisplay(colour) + grain / 255.0, 1.0);
}`;

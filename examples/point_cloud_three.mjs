// Load a point cloud of `depthauthor pointcloud` with three.js and say what it holds.
//
//     depthauthor pointcloud photo-depth.heic -o cloud.ply
//     npm install three
//     node examples/point_cloud_three.mjs cloud.ply
//
// In a page, `load(await (await fetch("cloud.ply")).arrayBuffer(), "ply")` gives the object to `scene.add`. The points are in
// metres, y up, z towards the viewer, with the camera in the origin: a PerspectiveCamera at (0, 0, 0), which looks along
// -z, shows them from where the photo was taken.

import { readFileSync } from "node:fs";
import { Box3, Points, PointsMaterial, SRGBColorSpace, Color } from "three";
import { PCDLoader } from "three/addons/loaders/PCDLoader.js";
import { PLYLoader } from "three/addons/loaders/PLYLoader.js";

/** Return the points of a PLY or PCD file (an ArrayBuffer) as an object for a scene. */
export function load(buffer, format) {
  if (format === "pcd") return new PCDLoader().parse(buffer);
  return new Points(new PLYLoader().parse(buffer), new PointsMaterial({ size: 0.005, vertexColors: true }));
}

const path = process.argv[2];
const bytes = readFileSync(path);
const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const { geometry, material } = load(buffer, path.split(".").pop());
const { min, max } = new Box3().setFromBufferAttribute(geometry.attributes.position);

// three.js keeps colours linear; files have them in sRGB.
const colours = geometry.attributes.color;
const first = new Color().fromBufferAttribute(colours, 0).getRGB({}, SRGBColorSpace);
console.log(
  JSON.stringify({
    points: geometry.attributes.position.count,
    min: min.toArray(),
    max: max.toArray(),
    firstColour: [first.r, first.g, first.b].map((value) => Math.round(value * 255)),
    coloured: material.vertexColors,
  }),
);

"""Show depth to people: previews, refocused photos, point clouds, the viewer page and reports."""

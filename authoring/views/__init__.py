"""What people look at: previews, refocused photos, point clouds, the viewer page and reports."""

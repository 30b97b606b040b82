"""The batch room: many photos, one `authoring.api.photo_files.embed` each."""

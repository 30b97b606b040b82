"""The batch room: many photos, one `authoring.api.embed` each."""

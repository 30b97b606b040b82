"""Embed maps into many photos: manifest, rows, journal, workers, stores."""

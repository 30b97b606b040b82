"""Read depth that other makers put into photos, each in its own module, into one description."""

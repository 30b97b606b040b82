"""A user's map: loaded, diagnosed, converted to metres or 1/m, fitted to the photo."""

"""Handle what the numbers of a map mean: units, gray levels, orientation, size, holes, calibration, quantisation."""

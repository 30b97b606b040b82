"""What the numbers of a map mean: units, gray levels, orientation, size, holes, edges, calibration, quantisation."""

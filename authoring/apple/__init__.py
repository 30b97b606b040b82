"""Read and write Apple's metadata: auxiliary image properties, XMP packets, ImageIO's auxiliary data dictionary."""

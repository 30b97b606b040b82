"""What Apple calls things: auxiliary image properties, XMP packets, ImageIO's auxiliary data dictionary."""

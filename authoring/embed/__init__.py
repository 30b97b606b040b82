"""Put depth into a photo, and remove it: the steps of `embed`, `copy` and `strip`."""

"""Steps of the house's own kinds, on real engines."""

"""How this house reaches outside addresses: names resolved once, every address vetted, the vetted one connected to."""

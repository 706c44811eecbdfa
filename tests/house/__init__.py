"""The house's own rules, held by machine: floors, file sizes, forbidden words, pages that match the code."""

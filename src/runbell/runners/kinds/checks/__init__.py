"""How rules ask an engine: where rows come from, what each rule's query is, and what its records are."""

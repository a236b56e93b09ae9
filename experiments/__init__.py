"""What a person runs: one short script a verb, with shared options."""

"""Many plans of a town: scenarios, budgets, comparisons, and what is right whatever happens."""

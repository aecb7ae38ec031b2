"""What is right whatever happens: worlds, regret, the core, and one plan for all of them."""

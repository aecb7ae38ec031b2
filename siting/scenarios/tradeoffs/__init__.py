"""What one aim costs another: need served by money, and by what is given up for it."""

"""Two engines in processes of their own that share what they find."""

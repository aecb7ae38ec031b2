"""What reviewers are shown: rows to fill in, and the layers around them."""

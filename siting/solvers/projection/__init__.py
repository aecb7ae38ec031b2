"""Our own engine: the flow of need to places is projected out, cuts hold the loads."""

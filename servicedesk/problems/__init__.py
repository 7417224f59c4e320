"""The class behind several tickets: solve one, solve all (类问题、举一反三)."""

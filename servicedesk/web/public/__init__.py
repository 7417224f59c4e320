"""What everybody may read (政务公开)."""

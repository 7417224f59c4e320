"""What is left after a process was killed."""

"""A believable year of park life, made through the real actions."""

"""Investment projects from the first talk to production (项目全周期)."""

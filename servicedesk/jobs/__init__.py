"""What the scheduler runs (定时任务): each job is a plain function of a moment."""

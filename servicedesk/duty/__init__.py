"""Who is at work: leave, shifts, skills, and handing tickets over (值班与请假)."""

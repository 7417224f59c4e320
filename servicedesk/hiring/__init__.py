"""Posts, referrals and the people who came to work (招聘用工)."""

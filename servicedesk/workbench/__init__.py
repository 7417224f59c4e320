"""What makes the desk a place to work in: views, replies, drafts, who is here (工作台)."""

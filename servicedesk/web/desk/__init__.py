"""The staff's side (工作台)."""

"""Training events and consultations (培训与咨询)."""

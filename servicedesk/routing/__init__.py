"""Where tickets go: the record of every dispatch, and rules learnt from verdicts (派单)."""

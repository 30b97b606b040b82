"""Predict what Apple's software makes of a file: the rule table, its facts and checks, levels, verify, doctor."""

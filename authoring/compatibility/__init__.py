"""What Apple's software is expected to make of a file: the rule table, its facts and checks, levels, verify, doctor."""

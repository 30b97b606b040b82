"""Predicting what Apple's software will make of a file: facts, the rule table, levels, and proofs.

Knows: what each rule asks of the facts, and how rules add up to a level. Must not know: struct, XML, paths.
"""

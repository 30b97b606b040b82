"""Estimate the depth of a photo with a network: known models, their download, loading and running.

The only room below `api` that reads paths and the network: a model is a folder, or is fetched by its name.
"""

"""The dynamic providers: a thin translation between the engine's dictionaries and the model.

Class names and module paths below live in users' state: they never change.
"""

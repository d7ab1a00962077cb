"""Deliveries as Bitbucket makes them: to try a receiver, and for receivers to check."""

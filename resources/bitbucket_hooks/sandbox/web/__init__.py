"""The sandbox for people: pages like the service's own, for this machine alone."""

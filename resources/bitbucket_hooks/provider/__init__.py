"""The dynamic providers: what users' state names by module path and class, so both never change."""

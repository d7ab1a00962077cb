"""What can be done to each kind of resource: check, diff, create, read, update, delete.

Engine-neutral: plain values with unknowns and secrets marked come in and go out. The dynamic
providers (`provider`) and the provider plugin (`plugin`) only translate.
"""

"""A webhook as declared and as observed. Pure: no HTTP and no Pulumi."""

"""What a Pulumi program imports: resources, functions and `Provider`."""

"""The provider as a plugin of the engine, for every Pulumi language."""

"""Folders and databases that the processes of a user share; files written whole or not at all."""

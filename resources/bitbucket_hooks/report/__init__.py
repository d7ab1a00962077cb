"""What a run of the engine means in terms of webhooks: read, put into words, and shown.

From what a preview, an update or a refresh printed, without the engine and without the network:
`read` takes it in, `changes` says what becomes of each declared hook, `tell` puts that into words,
and a renderer for each format shows them.
"""

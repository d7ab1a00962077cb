"""What a run of the engine means in terms of webhooks: compared, written as a document, and shown.

From what a preview, an update or a refresh printed, as `pulumi_cli` reads it, without the engine
and without the network: `build` says what becomes of each declared hook, `to_document` makes a
document of that, and a renderer for each format shows it.
"""

"""The embedded sandbox: plays the Bitbucket Cloud API, as strictly and as oddly as it is known."""

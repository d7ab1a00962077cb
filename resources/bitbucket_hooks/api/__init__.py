"""The way to Bitbucket: authentication, retry, throttle, pages, errors. Knows nothing of Pulumi."""

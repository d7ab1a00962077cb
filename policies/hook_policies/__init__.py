"""What reviewers may ask of webhooks: rules on declared hooks, without any framework."""

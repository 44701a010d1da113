"""The lead's page: the desk as it stands, read only, for a browser."""

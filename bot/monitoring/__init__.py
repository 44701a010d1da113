"""The alarms and the dashboard that come with the bot, as data: `alarms.toml` and `panels.toml`."""

"""What each command of `piletibot` does. Imported only by the command that runs."""

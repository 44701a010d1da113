"""As whom everybody asks: the sandbox's bot."""

USER, TOKEN = "piletibot@sandbox.example", "sandbox-token"

"""Who is there and what they may do: sessions, accounts, OpenID Connect, rights, the log of looks."""

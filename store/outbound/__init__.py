"""What leaves the house: mail, signed webhooks, and plug-ins for other ways."""

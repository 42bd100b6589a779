"""What a finished Run says: measures, the unit census, rules with remedies, claims."""

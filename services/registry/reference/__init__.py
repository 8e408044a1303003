"""The regions of Indonesia as Kemendagri codes them, read from packaged files. No SQL here."""

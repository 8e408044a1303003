"""One scheme, one file. To find a rule, open the scheme; to cite it, read its source."""

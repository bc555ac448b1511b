"""How trials are carried out: in this process, in several, or on a cluster."""
